#include "metrics/reconnect_delay.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace longshore::metrics;
using namespace std::chrono_literals;

TEST_CASE("failures wait twice as long each time, up to a minute", "[unit][metrics]") {
  ReconnectDelay delay;
  for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    CHECK(delay.after_failure(0) == expected);
  }
  CHECK(delay.after_failure(0.5) == 66s);
}

TEST_CASE("a clean end reconnects soon and forgives earlier failures", "[unit][metrics]") {
  ReconnectDelay delay;
  delay.after_failure(0);
  delay.after_failure(0);
  CHECK(delay.after_clean_end(0) == 250ms);
  CHECK(delay.after_clean_end(0.5) == 375ms);
  CHECK(delay.after_failure(0) == 1s);
}

TEST_CASE("only ordinary close codes are clean", "[unit][metrics]") {
  for (const std::uint16_t code : std::vector<std::uint16_t>{1000, 1001, 1006, 1011}) {
    CHECK(is_clean_end(code));
  }
  for (const std::uint16_t code : std::vector<std::uint16_t>{1002, 1003, 1008, 1009, 1012, 4000}) {
    CHECK_FALSE(is_clean_end(code));
  }
}
