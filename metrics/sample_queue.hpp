#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "metrics/sample.hpp"
#include "metrics/stat_set.hpp"

namespace longshore::metrics {

/// Counters are sent as statistics of their readings; only the two rates are per second.
struct NetworkStats {
  CounterStats rx_bytes{};
  CounterStats rx_packets{};
  CounterStats rx_errors{};
  CounterStats rx_dropped{};
  CounterStats tx_bytes{};
  CounterStats tx_packets{};
  CounterStats tx_errors{};
  CounterStats tx_dropped{};
  DoubleStats rx_bytes_per_second{};
  DoubleStats tx_bytes_per_second{};
};

/// One container's statistics over the samples since the last collection.
struct ContainerStats {
  DoubleStats cpu_percent{};  ///< Of the whole host: 100 means every CPU was busy.
  DoubleStats memory_mib{};   ///< Each sample rounded down to a whole MiB.
  CounterStats read_bytes{};
  CounterStats write_bytes{};
  std::optional<NetworkStats> network{};
  std::optional<std::uint64_t> restarts{};  ///< Since the last collection; see SampleQueue::add.
};

/// The samples of one container since the last collection, and the one before them, which the next
/// rate needs. Rules: amazon-ecs-agent:agent/stats/queue.go.
class SampleQueue {
 public:
  /// As the official agent's; four publish intervals of one sample a second.
  static constexpr std::size_t kCapacity = 80;

  /// `cpu_count`: CPUs this process may use, at least 1; a CPU percentage is of all of them.
  explicit SampleQueue(unsigned cpu_count) : cpu_count_(cpu_count) {}

  /// Takes a sample in; the oldest goes when there is no room. `restart_count`: how often the
  /// container was restarted in place so far, nullopt without a restart policy.
  ///
  /// Its rates are against the sample before: none for the first, none when a counter went
  /// backwards (the container was replaced under us), and the rates of the sample before when no
  /// time passed between the two.
  void add(const ContainerSample& sample, std::optional<std::uint64_t> restart_count);

  /// Statistics over the samples since the last collection. nullopt unless there are two samples
  /// (the one before counts) and a CPU rate among the new ones. `network` is absent when no new
  /// sample has network rates.
  [[nodiscard]] std::optional<ContainerStats> stats() const;

  /// Ends this collection: the next stats() speak of later samples only.
  void mark_collected();

  /// The newest sample, or nullptr before the first.
  [[nodiscard]] const ContainerSample* newest() const;

 private:
  struct NetworkRates {
    double rx_bytes_per_second = 0;
    double tx_bytes_per_second = 0;
  };
  struct Entry {
    ContainerSample sample{};
    std::optional<std::uint64_t> restart_count{};
    std::optional<double> cpu_percent{};
    std::optional<NetworkRates> network_rates{};
  };

  [[nodiscard]] const Entry* last() const;
  void fill_rates(Entry& entry, const Entry& before) const;
  [[nodiscard]] std::optional<std::uint64_t> restarts() const;

  unsigned cpu_count_;
  std::optional<Entry> before_{};  ///< The newest sample of the last collection.
  std::vector<Entry> fresh_{};     ///< Samples since then, oldest first.
};

}  // namespace longshore::metrics
