#pragma once

#include <string>
#include <string_view>

#include "agent/aws/credentials.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/net/http.hpp"
#include "metrics/tcs_messages.hpp"

namespace longshore::metrics {

/// What the agent says about itself in the session's URL.
struct TelemetryClient {
  std::string agent_version{};   ///< "1.105.1".
  std::string agent_hash{};      ///< Short commit, eight hex digits.
  std::string docker_version{};  ///< As the engine says it; empty: unknown, left out.
};

/// Address of the session, with http or https as `endpoint` has it: this is what is signed, for the
/// handshake and for each frame. `endpoint` comes from DiscoverPollEndpoint.
/// Errors: InvalidInput (no http:// or https:// URL).
/// Source: amazon-ecs-agent:ecs-agent/tcs/handler/handler.go.
Result<std::string> session_url(std::string_view endpoint, const TelemetrySource& source,
                                const TelemetryClient& client);

/// The same address as a websocket is opened with: ws:// or wss://.
std::string to_websocket_url(std::string_view session_url);

/// Headers that sign the upgrade request. Errors: InvalidInput (URL, credentials).
Result<net::Headers> sign_handshake(const std::string& session_url,
                                    const aws::Credentials& credentials, const std::string& region,
                                    WallTime now);

/// One outgoing frame: a block of HTTP headers that signs `message` as if it were the body of a GET
/// to the session's address, an empty line, and `message` itself. Errors: InvalidInput.
/// Source: amazon-ecs-agent:ecs-agent/tcs/client/client.go, signRequestFunc.
Result<std::string> sign_frame(const std::string& session_url, std::string message,
                               const aws::Credentials& credentials, const std::string& region,
                               WallTime now);

}  // namespace longshore::metrics
