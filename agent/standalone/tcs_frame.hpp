#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::standalone {

/// {"type":…,"message":{…}}: what both websockets carry.
struct Envelope {
  std::string type{};
  nlohmann::json message = nlohmann::json::object();
};

/// Reads an envelope. Errors: InvalidInput.
Result<Envelope> parse_envelope(std::string_view text);

/// Reads a frame that an agent sent over TCS: a block of HTTP headers with a signature of its own
/// (Authorization, Host, X-Amz-Date), an empty line, an envelope.
/// Source: aws/amazon-ecs-agent ecs-agent/tcs/client/client.go, signRequestFunc.
/// Errors: InvalidInput, naming the header that is missing or wrong.
Result<Envelope> parse_tcs_frame(std::string_view frame);

}  // namespace longshore::standalone
