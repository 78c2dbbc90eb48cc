#include "agent/control/reconnect.hpp"

#include <catch2/catch.hpp>

namespace longshore::control {
namespace {

using namespace std::chrono_literals;
constexpr auto kReset = 60s;

std::optional<net::WebsocketClosed> closed(int code) {
  return net::WebsocketClosed{.code = static_cast<std::uint16_t>(code)};
}

}  // namespace

TEST_CASE("some close codes promise a new connection", "[unit][control]") {
  for (const int code : {1000, 1001, 1006, 1011}) {
    CHECK(to_session_end(closed(code)) == SessionEnd::Clean);
  }
  for (const int code : {1002, 1003, 1007, 1008, 1009, 1010, 1012, 1013, 4000}) {
    CHECK(to_session_end(closed(code)) == SessionEnd::Failed);
  }
  CHECK(to_session_end(std::nullopt) == SessionEnd::Broken);
}

TEST_CASE("failures are tried again ever more slowly, up to two minutes", "[unit][control]") {
  ReconnectSchedule schedule;
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0) == 250ms);
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0) == 375ms);
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0.5) == 618ms);
  for (int i = 0; i < 50; ++i) schedule.next(SessionEnd::Failed, 0s, kReset, 0);
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0) == 2min);
}

TEST_CASE("as long as nobody is reached it tries again every few seconds", "[unit][control]") {
  ReconnectSchedule schedule;
  CHECK(schedule.next(SessionEnd::Unreachable, 0s, kReset, 0) == 250ms);
  CHECK(schedule.next(SessionEnd::Unreachable, 0s, kReset, 0) == 375ms);
  for (int i = 0; i < 1000; ++i) schedule.next(SessionEnd::Unreachable, 0s, kReset, 0);
  CHECK(schedule.next(SessionEnd::Unreachable, 0s, kReset, 0) == 1500ms);
  CHECK(schedule.next(SessionEnd::Unreachable, 0s, kReset, 0.999) <= 2250ms);
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0) == 250ms);
  CHECK(schedule.next(SessionEnd::Unreachable, 0s, kReset, 0) == 250ms);
}

TEST_CASE("not reaching a service does not forgive its refusals", "[unit][control]") {
  ReconnectSchedule schedule;
  for (int i = 0; i < 50; ++i) schedule.next(SessionEnd::Failed, 0s, kReset, 0);
  schedule.next(SessionEnd::Unreachable, 0s, kReset, 0);
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0) == 2min);
}

TEST_CASE("a connection that lasted starts the back-off over", "[unit][control]") {
  ReconnectSchedule schedule;
  for (int i = 0; i < 50; ++i) schedule.next(SessionEnd::Failed, 0s, kReset, 0);
  CHECK(schedule.next(SessionEnd::Failed, 59s, kReset, 0) == 2min);
  CHECK(schedule.next(SessionEnd::Failed, 60s, kReset, 0) == 250ms);
}

TEST_CASE("a link that comes and goes does not slow the agent down", "[unit][control]") {
  ReconnectSchedule schedule;
  for (int i = 0; i < 50; ++i) schedule.next(SessionEnd::Failed, 0s, kReset, 0);
  for (int i = 0; i < 50; ++i) {
    CHECK(schedule.next(SessionEnd::Broken, 1s, kReset, 0.999) < 300ms);
  }
}

TEST_CASE("a connection that breaks at once is made anew ever more slowly", "[unit][control]") {
  ReconnectSchedule schedule;
  CHECK(schedule.next(SessionEnd::Broken, 999ms, kReset, 0) == 250ms);
  CHECK(schedule.next(SessionEnd::Broken, 999ms, kReset, 0) == 375ms);
}

TEST_CASE("a clean end is followed at once, unless it came at once", "[unit][control]") {
  ReconnectSchedule schedule;
  CHECK(schedule.next(SessionEnd::Clean, 1s, kReset, 0.9) == 0ms);
  CHECK(schedule.next(SessionEnd::Clean, 999ms, kReset, 0) == 250ms);
  CHECK(schedule.next(SessionEnd::Clean, 0s, kReset, 0.5) == 275ms);
}

TEST_CASE("a clean end starts the back-off over", "[unit][control]") {
  ReconnectSchedule schedule;
  for (int i = 0; i < 50; ++i) schedule.next(SessionEnd::Failed, 0s, kReset, 0);
  schedule.next(SessionEnd::Clean, 5s, kReset, 0);
  CHECK(schedule.next(SessionEnd::Failed, 0s, kReset, 0) == 250ms);
}

TEST_CASE("an inactive instance waits for an hour", "[unit][control]") {
  ReconnectSchedule schedule;
  CHECK(schedule.next(SessionEnd::InactiveInstance, 0s, kReset, 0.9) == 1h);
}

}  // namespace longshore::control
