#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

namespace longshore {

/// Wall time with the millisecond resolution the wire has.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// Time that never steps: for deadlines and intervals.
using SteadyTime = std::chrono::steady_clock::time_point;

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

  boost::asio::awaitable<void> sleep_for(std::chrono::steady_clock::duration duration) {
    return sleep_until(steady_now() + duration);
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
