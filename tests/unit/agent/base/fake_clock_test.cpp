#include "tests/support/fake_clock.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/spawn.hpp"

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
using longshore::Clock;
using longshore::spawn;
using longshore::testing::FakeClock;

namespace {

using Woken = std::vector<std::string>;

boost::asio::awaitable<void> sleep_then_note(Clock* clock, std::chrono::seconds delay, Woken* woken,
                                             std::string name) {
  co_await clock->sleep_for(delay);
  woken->push_back(name);
}

boost::asio::awaitable<void> tick(Clock* clock, int* ticks) {
  while (true) {
    co_await clock->sleep_for(10s);
    ++*ticks;
  }
}

}  // namespace

TEST_CASE("fake clock wakes sleepers in the order of their deadlines", "[unit][base]") {
  boost::asio::io_context io;
  FakeClock clock;
  Woken woken;
  spawn(io.get_executor(), "c", sleep_then_note(&clock, 3s, &woken, "c"));
  spawn(io.get_executor(), "a", sleep_then_note(&clock, 1s, &woken, "a"));
  spawn(io.get_executor(), "b1", sleep_then_note(&clock, 2s, &woken, "b1"));
  spawn(io.get_executor(), "b2", sleep_then_note(&clock, 2s, &woken, "b2"));
  io.poll();
  REQUIRE(clock.sleepers() == 4);
  clock.advance(999ms);
  io.poll();
  CHECK(woken.empty());
  clock.advance(1001ms);
  CHECK(clock.sleepers() == 1);
  io.poll();
  CHECK(woken == Woken{"a", "b1", "b2"});
  clock.advance(1s);
  io.poll();
  CHECK(woken == Woken{"a", "b1", "b2", "c"});
}

TEST_CASE("fake clock lets a loop turn at every deadline on the way", "[unit][base]") {
  boost::asio::io_context io;
  FakeClock clock;
  int ticks = 0;
  spawn(io.get_executor(), "ticker", tick(&clock, &ticks));
  clock.advance(io, 35s);
  CHECK(ticks == 3);
  clock.advance(io, 5s);
  CHECK(ticks == 4);
}

TEST_CASE("a cancelled sleep on the fake clock unwinds and leaves no sleeper", "[unit][base]") {
  boost::asio::io_context io;
  FakeClock clock;
  Woken woken;
  spawn(io.get_executor(), "race", [](FakeClock* c, Woken* w) -> boost::asio::awaitable<void> {
    co_await (sleep_then_note(c, 1s, w, "short") || sleep_then_note(c, 60s, w, "long"));
    w->push_back("done");
  }(&clock, &woken));
  io.poll();
  REQUIRE(clock.sleepers() == 2);
  clock.advance(1s);
  io.poll();
  CHECK(woken == Woken{"short", "done"});
  CHECK(clock.sleepers() == 0);
}

TEST_CASE("a sleep until a past moment does not wait", "[unit][base]") {
  boost::asio::io_context io;
  FakeClock clock;
  Woken woken;
  spawn(io.get_executor(), "past", sleep_then_note(&clock, -1s, &woken, "past"));
  io.poll();
  CHECK(woken == Woken{"past"});
}

TEST_CASE("the fake wall clock moves with time and can be stepped alone", "[unit][base]") {
  FakeClock clock;
  const auto wall = clock.wall_now();
  const auto steady = clock.steady_now();
  clock.advance(1500ms);
  CHECK(clock.wall_now() - wall == 1500ms);
  clock.step_wall(-1h);
  CHECK(clock.wall_now() - wall == 1500ms - 1h);
  CHECK(clock.steady_now() - steady == 1500ms);
}

TEST_CASE("the fake clock may go before its sleepers", "[unit][base]") {
  boost::asio::io_context io;
  Woken woken;
  {
    FakeClock clock;
    spawn(io.get_executor(), "orphan", sleep_then_note(&clock, 1s, &woken, "orphan"));
    io.poll();
  }
  io.poll();
  CHECK(woken.empty());
}
