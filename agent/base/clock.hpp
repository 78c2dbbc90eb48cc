#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace longshore {

/// Wall time with the millisecond resolution the wire has.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// Time that never steps: for deadlines and intervals.
using SteadyTime = std::chrono::steady_clock::time_point;

/// `duration` after `now`: `now` itself when it is negative, the last moment there is when the
/// clock does not reach as far. `now` is not before the clock's epoch.
template <typename Rep, typename Period>
constexpr SteadyTime moment_after(SteadyTime now, std::chrono::duration<Rep, Period> duration) {
  using Duration = std::chrono::duration<Rep, Period>;
  if (duration <= Duration::zero()) return now;
  // In the unit of `duration`, which the clock's may be too fine to hold.
  if (duration >= std::chrono::duration_cast<Duration>(SteadyTime::max() - now)) {
    return SteadyTime::max();
  }
  return now + std::chrono::duration_cast<SteadyTime::duration>(duration);
}

/// Time as the rest of the agent sees it. SystemClock is the real one; tests use FakeClock.
/// Call from the event loop only.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall_now() const = 0;
  virtual SteadyTime steady_now() const = 0;
  /// Resumes on the caller's executor at or after `when`. Cancellation unwinds it
  /// (operation_aborted), so it can race another operation: `op() || clock.sleep_until(deadline)`.
  virtual boost::asio::awaitable<void> sleep_until(SteadyTime when) = 0;

  /// As sleep_until(), `duration` from now; for ever if the clock does not reach as far.
  template <typename Rep, typename Period>
  boost::asio::awaitable<void> sleep_for(std::chrono::duration<Rep, Period> duration) {
    return sleep_until(moment_after(steady_now(), duration));
  }
};

/// The machine's own clocks and Asio's timers.
class SystemClock final : public Clock {
 public:
  WallTime wall_now() const override;
  SteadyTime steady_now() const override;
  boost::asio::awaitable<void> sleep_until(SteadyTime when) override;
};

}  // namespace longshore
