#pragma once

#include <cstdint>
#include <optional>

#include "agent/base/clock.hpp"

namespace longshore::metrics {

/// What went through the network interfaces of a container since it started.
struct NetworkCounters {
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_errors = 0;
  std::uint64_t rx_dropped = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_errors = 0;
  std::uint64_t tx_dropped = 0;
  friend bool operator==(const NetworkCounters&, const NetworkCounters&) = default;
};

/// What the kernel said about one container at one moment. All but memory_bytes are counters that
/// only grow while the container lives.
struct ContainerSample {
  SteadyTime time{};
  std::uint64_t cpu_ns = 0;        ///< CPU time used, summed over all CPUs.
  std::uint64_t memory_bytes = 0;  ///< In use now, page cache taken off (see memory_in_use).
  std::uint64_t read_bytes = 0;    ///< From block devices.
  std::uint64_t write_bytes = 0;
  std::optional<NetworkCounters> network{};  ///< nullopt: no network of its own (host, none).
  friend bool operator==(const ContainerSample&, const ContainerSample&) = default;
};

/// `raw` with the counters of `base` added: a container that is restarted in place starts all its
/// kernel counters at zero, the statistics of its task must not. Memory is not a counter.
/// Source: amazon-ecs-agent:agent/stats/container.go.
ContainerSample with_base(const ContainerSample& base, ContainerSample raw);

}  // namespace longshore::metrics
