#pragma once

#include <chrono>
#include <optional>

#include "agent/core/backoff.hpp"
#include "agent/net/websocket.hpp"

namespace longshore::control {

/// How an ACS connection, or the attempt at one, ended.
enum class SessionEnd {
  Clean,             ///< Ended in a way that promises a new connection at once.
  Unreachable,       ///< Not made: the service was not even reached.
  Broken,            ///< Made, and lost on the way: says nothing about the service.
  Failed,            ///< Anything else.
  InactiveInstance,  ///< The cluster does not count this instance as its own any more.
};

/// What a connection's end means: close codes 1000, 1001, 1006 (no close frame) and 1011 are clean.
/// nullopt: the peer did not end it, so it broke.
SessionEnd to_session_end(const std::optional<net::WebsocketClosed>& closed);

/// How long to wait while nobody is reached. Whether the link is back shows only in an attempt, and
/// one that ends before the service costs it nothing: 2.25 s at most, however long the link was
/// away. A third of it is random, so that hosts behind one link do not come back in step.
inline constexpr core::BackoffSchedule kUnreachedWait{.first = std::chrono::milliseconds{250},
                                                      .limit = std::chrono::milliseconds{1'500},
                                                      .factor = 1.5,
                                                      .jitter = 0.5};

/// When to connect again. Pure.
/// Source: amazon-ecs-agent:ecs-agent/acs/session/session.go. Ours are kUnreachedWait; the floor,
/// since a server that accepts and hangs up would otherwise be called in a tight loop; and that a
/// connection which broke after it stood for a second starts the back-off over: where the link
/// comes and goes, the host would soon be away for minutes after each of its breaks.
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
  core::Backoff unreached_{kUnreachedWait};
};

}  // namespace longshore::control
