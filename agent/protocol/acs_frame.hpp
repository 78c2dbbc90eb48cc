#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::protocol {

/// One ACS websocket message: `{"type":"<name>","message":{…}}`, the same both ways.
/// Source: amazon-ecs-agent:ecs-agent/wsclient/decode.go.
struct AcsFrame {
  std::string type{};
  nlohmann::json message = nlohmann::json::object();
};

/// What the session does with a type by its name alone.
enum class AcsType {
  Heartbeat,
  Payload,
  RoleCredentials,
  TaskManifest,
  TaskStopVerificationAck,
  Update,       ///< StageUpdateMessage and PerformUpdateMessage.
  Notice,       ///< CloseMessage, ErrorMessage and the exceptions: one member, `message`.
  Unsupported,  ///< Exists, but this agent has no handler for it (ENIs, attachments, …).
  Unknown,      ///< Not a name ACS uses; does not count as a sign of life.
};

/// Source: amazon-ecs-agent:ecs-agent/acs/client/acs_client_types.go.
AcsType acs_type(std::string_view name);

/// Reads the envelope. An object without `type` but with exactly one string member is the old error
/// form `{"<ErrorType>":"<text>"}`; it comes out as that type with `{"message":"<text>"}`.
/// Errors: InvalidInput.
Result<AcsFrame> decode_frame(std::string_view text);

/// The frame as text. '<', '>' and '&' are escaped (\u003c) as Go's encoder does it; members come
/// in alphabetical order.
std::string encode_frame(std::string_view type, const nlohmann::json& message);

/// The text of a Notice; empty when it has none.
std::string notice_text(const AcsFrame& frame);

}  // namespace longshore::protocol
