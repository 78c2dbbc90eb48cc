#include "metrics/stat_set.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>
#include <vector>

using namespace longshore::metrics;

TEST_CASE("numbers above the wire's largest go to the overflow", "[unit][metrics]") {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  CHECK(to_wire_counter(0) == WireCounter{0, 0});
  CHECK(to_wire_counter(static_cast<std::uint64_t>(kMax)) == WireCounter{kMax, 0});
  CHECK(to_wire_counter(std::uint64_t{1} << 63U) == WireCounter{kMax, 1});
}

TEST_CASE("sets hold minimum, maximum, sum and count of what was added", "[unit][metrics]") {
  CHECK(rc::check([](const std::vector<std::uint64_t>& values) {
    CounterStats stats;
    for (const auto v : values) stats.add(v);
    RC_ASSERT(stats.sample_count == static_cast<std::int64_t>(values.size()));
    RC_ASSERT(stats.sum == std::accumulate(values.begin(), values.end(), std::uint64_t{0}));
    if (values.empty()) return;
    RC_ASSERT(stats.min == *std::min_element(values.begin(), values.end()));
    RC_ASSERT(stats.max == *std::max_element(values.begin(), values.end()));
  }));
  DoubleStats below_zero;
  below_zero.add(-2);
  below_zero.add(-6);
  CHECK(below_zero == DoubleStats{.min = -6, .max = -2, .sum = -8, .sample_count = 2});
}
