#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "agent/base/result.hpp"
#include "agent/protocol/acs_messages.hpp"

namespace longshore::protocol {

/// CloseMessage, ErrorMessage or an exception, sent inside an open connection. It changes nothing.
struct AcsNotice {
  std::string type{};
  std::string text{};
};

/// A message that ACS has but this agent does not handle.
struct UnsupportedMessage {
  std::string type{};
};

/// Every message that counts as a sign of life.
using AcsMessage =
    std::variant<HeartbeatMessage, PayloadMessage, IamRoleCredentialsMessage, TaskManifestMessage,
                 TaskStopVerificationAck, UpdateMessage, AcsNotice, UnsupportedMessage>;

/// Reads one websocket message whole. Errors: InvalidInput for broken JSON, an unknown type and a
/// member of the wrong type anywhere; such a message is dropped and is no sign of life.
Result<AcsMessage> decode_message(std::string_view text);

}  // namespace longshore::protocol
