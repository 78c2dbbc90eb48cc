#include "metrics/tcs_outbox.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <exception>

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;

namespace {
const SteadyTime kStart{1h};
const WallTime kNoon{12h};
}  // namespace

TEST_CASE("reports come out in the order they went in", "[unit][metrics]") {
  ReportQueue<int> queue;
  CHECK_FALSE(queue.has_report(kStart));
  CHECK_FALSE(queue.take(kStart));
  queue.push(1, kStart);
  queue.push(2, kStart + 20s);
  CHECK(queue.has_report(kStart + 20s));
  CHECK(queue.take(kStart + 20s) == 1);
  CHECK(queue.take(kStart + 20s) == 2);
  CHECK_FALSE(queue.has_report(kStart + 20s));
}

TEST_CASE("of sixteen waiting reports the oldest is dropped", "[unit][metrics]") {
  ReportQueue<int> queue;
  for (int i = 0; i < 16; ++i) queue.push(i, kStart);
  int expected = 1;
  while (const auto report = queue.take(kStart)) CHECK(*report == expected++);
  CHECK(expected == 16);
}

TEST_CASE("reports older than five minutes are dropped", "[unit][metrics]") {
  ReportQueue<int> queue;
  queue.push(1, kStart);
  queue.push(2, kStart + 1s);
  CHECK(queue.has_report(kStart + 5min));
  CHECK(queue.take(kStart + 5min + 1s) == 2);
  queue.push(3, kStart);
  CHECK_FALSE(queue.has_report(kStart + 5min + 1ms));
  CHECK_FALSE(queue.take(kStart + 5min + 1ms));
}

TEST_CASE("the instance's status is to be reported after each check", "[unit][metrics]") {
  boost::asio::io_context io;
  TcsOutbox outbox(io.get_executor(), kNoon);
  CHECK(outbox.has_news(kStart));
  REQUIRE(outbox.unreported_status());
  CHECK(*outbox.unreported_status() == InstanceStatus{InstanceHealth::Initializing, kNoon, kNoon});

  outbox.mark_reported(*outbox.unreported_status());
  CHECK_FALSE(outbox.has_news(kStart));
  CHECK_FALSE(outbox.unreported_status());

  outbox.set_instance_health(InstanceHealth::Ok, kNoon + 1s);
  CHECK(*outbox.unreported_status() == InstanceStatus{InstanceHealth::Ok, kNoon + 1s, kNoon + 1s});
  const InstanceStatus sent = *outbox.unreported_status();
  outbox.set_instance_health(InstanceHealth::Ok, kNoon + 60s);
  outbox.mark_reported(sent);  // A newer check came while it was on its way.
  CHECK(*outbox.unreported_status() == InstanceStatus{InstanceHealth::Ok, kNoon + 60s, kNoon + 1s});
}

TEST_CASE("a notification wakes the waiter, or the one that comes next", "[unit][metrics]") {
  boost::asio::io_context io;
  TcsOutbox outbox(io.get_executor(), kNoon);
  int wakes = 0;
  const auto wait_twice = [](TcsOutbox& box, int& count) -> boost::asio::awaitable<void> {
    co_await box.changed();
    ++count;
    co_await box.changed();
    ++count;
  };
  outbox.notify();
  boost::asio::co_spawn(io, wait_twice(outbox, wakes), [](std::exception_ptr) {});
  io.poll();
  CHECK(wakes == 1);
  outbox.notify();
  outbox.notify();
  io.restart();
  io.poll();
  CHECK(wakes == 2);
}
