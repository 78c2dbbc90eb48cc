#include "agent/base/clock.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <limits>

#include "agent/base/spawn.hpp"
#include "tests/support/fake_clock.hpp"

using namespace std::chrono_literals;
using longshore::Clock;
using longshore::moment_after;
using longshore::SteadyTime;

namespace {

constexpr SteadyTime kNow{1h};

boost::asio::awaitable<void> sleep_then_set(Clock* clock, std::chrono::milliseconds time,
                                            bool* awake) {
  co_await clock->sleep_for(time);
  *awake = true;
}

}  // namespace

TEST_CASE("a moment is as far away as it was asked for", "[unit][base]") {
  CHECK(moment_after(kNow, 0s) == kNow);
  CHECK(moment_after(kNow, 1ns) == kNow + 1ns);
  CHECK(moment_after(kNow, 87'600h) == kNow + 87'600h);
  CHECK(moment_after(kNow, std::chrono::duration<double>(0.5)) == kNow + 500ms);
}

TEST_CASE("no moment is before now, none beyond the clock", "[unit][base]") {
  CHECK(moment_after(kNow, -1ns) == kNow);
  CHECK(moment_after(kNow, std::chrono::milliseconds::min()) == kNow);
  CHECK(moment_after(kNow, std::chrono::nanoseconds::max()) == SteadyTime::max());
  CHECK(moment_after(kNow, std::chrono::milliseconds::max()) == SteadyTime::max());
  CHECK(moment_after(kNow, std::chrono::hours{std::numeric_limits<int>::max()}) ==
        SteadyTime::max());
  CHECK(moment_after(kNow, SteadyTime::max() - kNow - 1ns) == SteadyTime::max() - 1ns);
}

TEST_CASE("a sleep longer than the clock lasts", "[unit][base]") {
  boost::asio::io_context io;
  longshore::testing::FakeClock clock;
  bool awake = false;
  longshore::spawn(io.get_executor(), "sleeper",
                   sleep_then_set(&clock, std::chrono::milliseconds::max(), &awake));
  clock.advance(io, 24h * 365);
  CHECK_FALSE(awake);
  CHECK(clock.sleepers() == 1);
}
