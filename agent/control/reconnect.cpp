#include "agent/control/reconnect.hpp"

namespace longshore::control {
namespace {

constexpr std::chrono::hours kInactiveDelay{1};
constexpr std::chrono::seconds kTooShort{1};
constexpr core::BackoffSchedule kFloor{.first = std::chrono::milliseconds{250},
                                       .limit = std::chrono::milliseconds{250}};

}  // namespace

SessionEnd to_session_end(const std::optional<net::WebsocketClosed>& closed) {
  if (!closed) return SessionEnd::Broken;
  const bool clean =
      closed->code == 1000 || closed->code == 1001 || closed->code == 1006 || closed->code == 1011;
  return clean ? SessionEnd::Clean : SessionEnd::Failed;
}

std::chrono::milliseconds ReconnectSchedule::next(SessionEnd end, std::chrono::milliseconds lasted,
                                                  std::chrono::milliseconds reset_after,
                                                  double random) {
  if (end == SessionEnd::Unreachable) return unreached_.next(random);
  unreached_.reset();
  if (end == SessionEnd::InactiveInstance) return kInactiveDelay;
  const bool stood = end == SessionEnd::Broken && lasted >= kTooShort;
  if (end == SessionEnd::Clean || stood || lasted >= reset_after) backoff_.reset();
  if (end != SessionEnd::Clean) return backoff_.next(random);
  if (lasted < kTooShort) return core::Backoff(kFloor).next(random);
  return std::chrono::milliseconds{0};
}

}  // namespace longshore::control
