#include "agent/protocol/acs_incoming.hpp"

#include <utility>

#include "agent/base/text.hpp"
#include "agent/protocol/acs_frame.hpp"
#include "agent/protocol/decode.hpp"

namespace longshore::protocol {
namespace {

/// Enough for a log line about something that is not ours to act on.
constexpr std::size_t kMaxShown = 256;

template <typename Message>
Result<AcsMessage> decode_as(const AcsFrame& frame) {
  auto message = decode<Message>(frame.message);
  if (!message) return fail(frame.type, std::move(message).error());
  return AcsMessage(*std::move(message));
}

}  // namespace

Result<AcsMessage> decode_message(std::string_view text) {
  const auto frame = decode_frame(text);
  if (!frame) return fail(frame.error());
  switch (acs_type(frame->type)) {
    case AcsType::Heartbeat:
      return decode_as<HeartbeatMessage>(*frame);
    case AcsType::Payload:
      return decode_as<PayloadMessage>(*frame);
    case AcsType::RoleCredentials:
      return decode_as<IamRoleCredentialsMessage>(*frame);
    case AcsType::TaskManifest:
      return decode_as<TaskManifestMessage>(*frame);
    case AcsType::TaskStopVerificationAck:
      return decode_as<TaskStopVerificationAck>(*frame);
    case AcsType::Update:
      return decode_as<UpdateMessage>(*frame);
    case AcsType::Notice:
      return AcsNotice{.type = frame->type, .text = truncate_utf8(notice_text(*frame), kMaxShown)};
    case AcsType::Unsupported:
      return UnsupportedMessage{.type = frame->type};
    case AcsType::Unknown:
      break;
  }
  return fail(ErrorCode::InvalidInput, "type: no message is called {}",
              truncate_utf8(frame->type, kMaxShown));
}

}  // namespace longshore::protocol
