#include "agent/protocol/acs_frame.hpp"

#include <array>
#include <utility>

#include "agent/base/json_reader.hpp"

namespace longshore::protocol {
namespace {

constexpr std::array<std::pair<std::string_view, AcsType>, 23> kTypes{{
    {"HeartbeatMessage", AcsType::Heartbeat},
    {"PayloadMessage", AcsType::Payload},
    {"IAMRoleCredentialsMessage", AcsType::RoleCredentials},
    {"TaskManifestMessage", AcsType::TaskManifest},
    {"TaskStopVerificationAck", AcsType::TaskStopVerificationAck},
    {"CloseMessage", AcsType::Notice},
    {"ErrorMessage", AcsType::Notice},
    {"ServerException", AcsType::Notice},
    {"BadRequestException", AcsType::Notice},
    {"InvalidClusterException", AcsType::Notice},
    {"InvalidInstanceException", AcsType::Notice},
    {"AccessDeniedException", AcsType::Notice},
    {"InactiveInstanceException", AcsType::Notice},
    {"HeartbeatAckRequest", AcsType::Unsupported},
    {"AckRequest", AcsType::Unsupported},
    {"NackRequest", AcsType::Unsupported},
    {"PerformUpdateMessage", AcsType::Update},
    {"StageUpdateMessage", AcsType::Update},
    {"IAMRoleCredentialsAckRequest", AcsType::Unsupported},
    {"AttachTaskNetworkInterfacesMessage", AcsType::Unsupported},
    {"AttachInstanceNetworkInterfacesMessage", AcsType::Unsupported},
    {"ConfirmAttachmentMessage", AcsType::Unsupported},
    {"TaskStopVerificationMessage", AcsType::Unsupported},
}};

AcsFrame read_frame(const JsonReader& reader) {
  AcsFrame frame{.type = reader.string("type").value_or("")};
  if (!frame.type.empty()) {
    const JsonReader message = reader.require("message");
    if (!message.raw().is_object()) message.reject("expected an object");
    frame.message = message.raw();
    return frame;
  }
  const auto members = reader.members();
  if (members.size() != 1 || !members.front().second.raw().is_string()) {
    reader.reject("expected an object with a type and a message");
  }
  frame.type = members.front().first;
  frame.message["message"] = members.front().second.as_string();
  return frame;
}

}  // namespace

AcsType acs_type(std::string_view name) {
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return AcsType::Unknown;
}

Result<AcsFrame> decode_frame(std::string_view text) { return read_json(text, read_frame); }

std::string encode_frame(std::string_view type, const nlohmann::json& message) {
  const std::string plain = dump_json({{"type", type}, {"message", message}});
  std::string escaped;
  escaped.reserve(plain.size());
  for (const char c : plain) {
    // Outside of strings JSON has none of these, so text replacement is safe.
    if (c == '<') {
      escaped += "\\u003c";
    } else if (c == '>') {
      escaped += "\\u003e";
    } else if (c == '&') {
      escaped += "\\u0026";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string notice_text(const AcsFrame& frame) {
  const auto text = read_json(frame.message, [](const JsonReader& reader) {
    return reader.string("message").value_or("");
  });
  return text.value_or("");
}

}  // namespace longshore::protocol
