#pragma once

#include <chrono>
#include <optional>

#include "agent/base/clock.hpp"

namespace longshore::control {

/// What is known about the connection to ACS, in time that never steps.
struct LinkState {
  bool connected = false;
  SteadyTime since{};       ///< Since when `connected` is as it is.
  SteadyTime last_heard{};  ///< The latest message or connection; at first the session's start.
  std::optional<SteadyTime> last_heartbeat{};  ///< On any connection; nullopt: none so far.
  /// Between heartbeats, as far as seen. Servers send one at least this often, because agents hang
  /// up after that: amazon-ecs-agent:ecs-agent/acs/session/session.go.
  std::chrono::milliseconds heartbeat_interval{60'000};
  std::chrono::milliseconds last_gap{};  ///< Between the latest two heartbeats of one connection.
  bool held_back = false;          ///< Nothing is read for want of room, so nothing can be heard.
  bool instance_inactive = false;  ///< The last attempt ended with InactiveInstanceException.
};

/// ACS was reached at `now`, or was lost. Pure, as everything here.
void note_connected(LinkState& link, SteadyTime now);
void note_disconnected(LinkState& link, SteadyTime now);
/// A heartbeat came. The longer of the latest two gaps is the interval (1 s to 60 s): heartbeats
/// that were held up come in a row.
void note_heartbeat(LinkState& link, SteadyTime now);

/// When the link counts as cut off if nothing is heard until then: after two heartbeats' time, and
/// not while it is held back.
SteadyTime cut_off_at(const LinkState& link);
/// Whether the control plane is out of reach, be it that the connection is gone or that nothing
/// comes over it. A connection that is made anew in good time does not count.
bool is_cut_off(const LinkState& link, SteadyTime now);

}  // namespace longshore::control
