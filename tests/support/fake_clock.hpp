#pragma once

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>

#include "agent/base/clock.hpp"

namespace longshore::testing {

/// Time that only a test moves. It starts at 2026-01-01T00:00:00Z.
///
///     FakeClock clock;
///     spawn(io.get_executor(), "poller", run_poller(clock));
///     io.poll();               // the coroutine runs up to its first sleep
///     clock.advance(30s);      // its time has come
///     io.poll();               // it goes on
///
/// Sleepers wake in the order of their deadlines, those with the same deadline in the order in
/// which they went to sleep. The clock may go before its sleepers do.
class FakeClock final : public Clock {
 public:
  using Duration = std::chrono::steady_clock::duration;

  WallTime wall_now() const override { return wall_; }
  SteadyTime steady_now() const override { return steady_; }

  boost::asio::awaitable<void> sleep_until(SteadyTime when) override {
    const auto sleepers = sleepers_;
    if (when <= steady_) co_return;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, SteadyTime::max());
    const Registration here(*sleepers, Sleeper{when, &timer});
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    // advance() wakes by cancelling the timer; anything else that cancels it cancels the caller.
    if (!here.sleeper().due) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }

  /// Moves both clocks on. Sleepers whose time has come run at the next io.poll(), all of them
  /// seeing the new time.
  void advance(Duration by) {
    steady_ += by;
    wall_ += std::chrono::duration_cast<WallTime::duration>(by);
    for (Sleeper* next = first_due(steady_); next != nullptr; next = first_due(steady_)) {
      next->due = true;
      next->timer->cancel();
    }
  }

  /// As above, but stops at every deadline on the way and polls, so that a loop of short sleeps
  /// turns as often as it would in real time.
  void advance(boost::asio::io_context& io, Duration by) {
    const SteadyTime end = steady_ + by;
    poll(io);
    for (Sleeper* next = first_due(end); next != nullptr; next = first_due(end)) {
      advance(std::max(next->when - steady_, Duration::zero()));
      poll(io);
    }
    advance(end - steady_);
    poll(io);
  }

  /// Steps the wall clock alone, as an administrator or NTP may.
  void step_wall(std::chrono::milliseconds by) { wall_ += by; }

  /// How many coroutines sleep now.
  std::size_t sleepers() const {
    return static_cast<std::size_t>(std::count_if(sleepers_->begin(), sleepers_->end(),
                                                  [](const Sleeper& s) { return !s.due; }));
  }

 private:
  struct Sleeper {
    SteadyTime when{};
    boost::asio::steady_timer* timer = nullptr;
    bool due = false;
  };
  using Sleepers = std::list<Sleeper>;

  class Registration {
   public:
    Registration(Sleepers& list, Sleeper sleeper)
        : list_(list), at_(list.insert(list.end(), sleeper)) {}
    ~Registration() { list_.erase(at_); }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;
    const Sleeper& sleeper() const { return *at_; }

   private:
    Sleepers& list_;
    Sleepers::iterator at_;
  };

  Sleeper* first_due(SteadyTime until) {
    Sleeper* first = nullptr;
    for (Sleeper& s : *sleepers_) {
      if (!s.due && s.when <= until && (first == nullptr || s.when < first->when)) first = &s;
    }
    return first;
  }

  static void poll(boost::asio::io_context& io) {
    io.restart();
    io.poll();
  }

  WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  SteadyTime steady_{std::chrono::hours{1}};
  std::shared_ptr<Sleepers> sleepers_ = std::make_shared<Sleepers>();
};

}  // namespace longshore::testing
