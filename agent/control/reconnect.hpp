#pragma once

#include <chrono>
#include <optional>

#include "agent/core/backoff.hpp"
#include "agent/net/websocket.hpp"

namespace longshore::control {

/// How an ACS connection, or the attempt at one, ended.
enum class SessionEnd {
  Clean,             ///< Ended in a way that promises a new connection at once.
  Failed,            ///< Anything else.
  InactiveInstance,  ///< The cluster does not count this instance as its own any more.
};

/// What a connection's end means: close codes 1000, 1001, 1006 (no close frame) and 1011 are clean.
SessionEnd to_session_end(const std::optional<net::WebsocketClosed>& closed);

/// When to connect again. Pure.
/// Source: amazon-ecs-agent:ecs-agent/acs/session/session.go; the floor is ours, since a server
/// that accepts and hangs up would otherwise be called in a tight loop.
class ReconnectSchedule {
 public:
  /// `lasted`: how long the connection was up, zero if it never was. `reset_after`: a connection
  /// that lasted this long starts the back-off over. `random` in [0, 1).
  std::chrono::milliseconds next(SessionEnd end, std::chrono::milliseconds lasted,
                                 std::chrono::milliseconds reset_after, double random);

 private:
  core::Backoff backoff_{{.first = std::chrono::milliseconds{250},
                          .limit = std::chrono::minutes{2},
                          .factor = 1.5,
                          .jitter = 0.2}};
};

}  // namespace longshore::control
