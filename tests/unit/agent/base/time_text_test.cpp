#include "agent/base/time_text.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <chrono>

using namespace longshore;
using namespace std::chrono_literals;

namespace {

constexpr WallTime kMoment{1'732'204'800'125ms};  // 2024-11-21T16:00:00.125Z

}  // namespace

TEST_CASE("times are written in the forms the wire has", "[unit][base]") {
  CHECK(to_rfc3339(kMoment) == "2024-11-21T16:00:00.125Z");
  CHECK(to_rfc3339(WallTime{}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_amz_date(kMoment) == "20241121T160000Z");
}

TEST_CASE("epoch seconds have at most three decimals and no needless ones", "[unit][base]") {
  CHECK(to_epoch_seconds(WallTime{1'746'802'078'031ms}) == "1746802078.031");
  CHECK(to_epoch_seconds(WallTime{1'746'802'078'000ms}) == "1746802078");
  CHECK(to_epoch_seconds(WallTime{1'746'802'078'500ms}) == "1746802078.5");
  CHECK(to_epoch_seconds(WallTime{1ms}) == "0.001");
}

TEST_CASE("times of Docker and AWS are read, more decimals than ours cut off", "[unit][base]") {
  CHECK(parse_rfc3339("2024-11-21T16:00:00Z") == kMoment - 125ms);
  CHECK(parse_rfc3339("2024-11-21T16:00:00.125Z") == kMoment);
  CHECK(parse_rfc3339("2024-11-21T16:00:00.125999999Z") == kMoment);
  CHECK(parse_rfc3339("2024-11-21T16:00:00.1Z") == kMoment - 25ms);
}

TEST_CASE("Docker's never and what is no time give the epoch", "[unit][base]") {
  for (const char* text : {"0001-01-01T00:00:00Z", "", "yesterday", "2024-11-21", "T16:00:00Z"}) {
    INFO(text);
    CHECK(parse_rfc3339(text) == WallTime{});
  }
}

TEST_CASE("a written time reads as itself", "[unit][base]") {
  CHECK(rc::check("round trip", [] {
    const WallTime time{std::chrono::milliseconds{*rc::gen::inRange(0LL, 4'102'444'800'000LL)}};
    RC_ASSERT(parse_rfc3339(to_rfc3339(time)) == time);
  }));
}
