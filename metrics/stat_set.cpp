#include "metrics/stat_set.hpp"

#include <algorithm>
#include <limits>

namespace longshore::metrics {
namespace {

template <typename Stats, typename Value>
void add_to(Stats& stats, Value value) {
  const bool first = stats.sample_count == 0;
  stats.min = first ? value : std::min(stats.min, value);
  stats.max = first ? value : std::max(stats.max, value);
  stats.sum += value;
  ++stats.sample_count;
}

}  // namespace

void DoubleStats::add(double value) { add_to(*this, value); }
void CounterStats::add(std::uint64_t value) { add_to(*this, value); }

WireCounter to_wire_counter(std::uint64_t value) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kLimit = static_cast<std::uint64_t>(kMax);
  if (value <= kLimit) return {static_cast<std::int64_t>(value), 0};
  return {kMax, static_cast<std::int64_t>(value % kLimit)};
}

}  // namespace longshore::metrics
