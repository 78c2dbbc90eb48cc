#include "metrics/sample_queue.hpp"

#include <chrono>

namespace longshore::metrics {
namespace {

constexpr std::uint64_t kMib = 1U << 20U;

void add_network(NetworkStats& stats, const NetworkCounters& counters) {
  stats.rx_bytes.add(counters.rx_bytes);
  stats.rx_packets.add(counters.rx_packets);
  stats.rx_errors.add(counters.rx_errors);
  stats.rx_dropped.add(counters.rx_dropped);
  stats.tx_bytes.add(counters.tx_bytes);
  stats.tx_packets.add(counters.tx_packets);
  stats.tx_errors.add(counters.tx_errors);
  stats.tx_dropped.add(counters.tx_dropped);
}

}  // namespace

void SampleQueue::fill_rates(Entry& entry, const Entry& before) const {
  const ContainerSample& now = entry.sample;
  const ContainerSample& then = before.sample;
  const double nanoseconds = std::chrono::duration<double, std::nano>(now.time - then.time).count();
  if (nanoseconds <= 0) {
    entry.cpu_percent = before.cpu_percent;
    if (now.network) entry.network_rates = before.network_rates;
    return;
  }
  if (now.cpu_ns >= then.cpu_ns) {
    entry.cpu_percent =
        100.0 * static_cast<double>(now.cpu_ns - then.cpu_ns) / nanoseconds / cpu_count_;
  }
  if (now.network && then.network && now.network->rx_bytes >= then.network->rx_bytes &&
      now.network->tx_bytes >= then.network->tx_bytes) {
    const auto per_second = [&](std::uint64_t bytes) {
      return 1e9 * static_cast<double>(bytes) / nanoseconds;
    };
    entry.network_rates = NetworkRates{
        .rx_bytes_per_second = per_second(now.network->rx_bytes - then.network->rx_bytes),
        .tx_bytes_per_second = per_second(now.network->tx_bytes - then.network->tx_bytes)};
  }
}

const SampleQueue::Entry* SampleQueue::last() const {
  if (!fresh_.empty()) return &fresh_.back();
  return before_ ? &*before_ : nullptr;
}

const ContainerSample* SampleQueue::newest() const {
  const Entry* entry = last();
  return entry == nullptr ? nullptr : &entry->sample;
}

void SampleQueue::add(const ContainerSample& sample, std::optional<std::uint64_t> restart_count) {
  Entry entry{.sample = sample, .restart_count = restart_count};
  if (const Entry* before = last()) fill_rates(entry, *before);
  if (fresh_.size() == kCapacity) fresh_.erase(fresh_.begin());
  fresh_.push_back(entry);
}

std::optional<std::uint64_t> SampleQueue::restarts() const {
  const auto& base = before_ ? before_->restart_count : fresh_.front().restart_count;
  const auto& now = fresh_.back().restart_count;
  if (!base || !now || *now < *base) return std::nullopt;
  return *now - *base;
}

std::optional<ContainerStats> SampleQueue::stats() const {
  if (fresh_.size() + (before_ ? 1 : 0) < 2) return std::nullopt;
  ContainerStats stats;
  NetworkStats network;
  for (const Entry& entry : fresh_) {
    const ContainerSample& sample = entry.sample;
    if (entry.cpu_percent) stats.cpu_percent.add(*entry.cpu_percent);
    stats.memory_mib.add(static_cast<double>(sample.memory_bytes / kMib));
    stats.read_bytes.add(sample.read_bytes);
    stats.write_bytes.add(sample.write_bytes);
    if (sample.network) add_network(network, *sample.network);
    if (entry.network_rates) {
      network.rx_bytes_per_second.add(entry.network_rates->rx_bytes_per_second);
      network.tx_bytes_per_second.add(entry.network_rates->tx_bytes_per_second);
    }
  }
  if (stats.cpu_percent.sample_count == 0) return std::nullopt;
  if (network.rx_bytes_per_second.sample_count > 0) stats.network = network;
  stats.restarts = restarts();
  return stats;
}

void SampleQueue::mark_collected() {
  if (fresh_.empty()) return;
  before_ = fresh_.back();
  fresh_.clear();
}

}  // namespace longshore::metrics
