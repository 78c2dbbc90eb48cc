#pragma once

#include <cstdint>

namespace longshore::metrics {

/// Minimum, maximum and sum of some values: what CloudWatch takes in place of the values.
struct DoubleStats {
  double min = 0;
  double max = 0;
  double sum = 0;
  std::int64_t sample_count = 0;
  void add(double value);
  friend bool operator==(const DoubleStats&, const DoubleStats&) = default;
};

/// The same over readings of a counter. The sum may wrap around 2^64, as the official agent's does.
struct CounterStats {
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::uint64_t sum = 0;
  std::int64_t sample_count = 0;
  void add(std::uint64_t value);
  friend bool operator==(const CounterStats&, const CounterStats&) = default;
};

/// An unsigned number in the wire's signed one: what is above 2^63-1 goes to `overflow`.
/// Source: amazon-ecs-agent:agent/stats/queue.go.
struct WireCounter {
  std::int64_t value = 0;
  std::int64_t overflow = 0;
  friend bool operator==(const WireCounter&, const WireCounter&) = default;
};
WireCounter to_wire_counter(std::uint64_t value);

}  // namespace longshore::metrics
