#include "agent/control/link_state.hpp"

#include <algorithm>
#include <utility>

namespace longshore::control {
namespace {

constexpr std::chrono::milliseconds kShortestInterval{1'000};
constexpr std::chrono::milliseconds kLongestInterval{60'000};
constexpr int kMissedHeartbeats = 2;

}  // namespace

void note_connected(LinkState& link, SteadyTime now) {
  link.connected = true;
  link.since = now;
  link.last_heard = now;
  link.instance_inactive = false;
}

void note_disconnected(LinkState& link, SteadyTime now) {
  link.connected = false;
  link.held_back = false;
  link.since = now;
}

void note_heartbeat(LinkState& link, SteadyTime now) {
  const auto before = link.last_heartbeat;
  link.last_heartbeat = now;
  link.last_heard = now;
  // Between those of two connections lies a cut.
  if (!before || *before < link.since) return;
  const auto gap = std::chrono::duration_cast<std::chrono::milliseconds>(now - *before);
  const auto longer = std::max(gap, std::exchange(link.last_gap, gap));
  link.heartbeat_interval = std::clamp(longer, kShortestInterval, kLongestInterval);
}

SteadyTime cut_off_at(const LinkState& link) {
  if (link.held_back) return SteadyTime::max();
  return link.last_heard + kMissedHeartbeats * link.heartbeat_interval;
}

bool is_cut_off(const LinkState& link, SteadyTime now) { return now >= cut_off_at(link); }

}  // namespace longshore::control
