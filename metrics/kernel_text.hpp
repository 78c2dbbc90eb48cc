#pragma once

#include <cstdint>
#include <string_view>

#include "metrics/sample.hpp"
#include "runtime/container_cgroup.hpp"

namespace longshore::metrics {

/// Memory as ECS counts it: usage without the page cache that the kernel can drop. On v2 that is
/// `inactive_file`, on v1 (and on v2 when inactive_file is absent or not below usage) `cache`;
/// a value that is absent or not below usage is not taken off.
/// Source: amazon-ecs-agent:agent/stats/utils.go, utils_unix.go.
std::uint64_t memory_in_use(runtime::CgroupVersion version, std::uint64_t usage_bytes,
                            std::string_view memory_stat);

/// Bytes moved between a container and block devices since it started.
struct StorageCounters {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  friend bool operator==(const StorageCounters&, const StorageCounters&) = default;
};

/// Sum over all devices of blkio.throttle.io_service_bytes(_recursive): "8:0 Read 4096". Other
/// operations (Sync, Async, Discard, Total) count the same bytes again and are ignored.
StorageCounters parse_blkio_bytes(std::string_view text);

/// Sum over all devices of io.stat: "8:0 rbytes=4096 wbytes=0 rios=1 …".
StorageCounters parse_io_stat(std::string_view text);

/// Sum over the Ethernet interfaces (eth0, eth1, …) of /proc/<pid>/net/dev. Those are the ones an
/// engine gives a container; lo and tunnels a container makes itself (tun0, wg0) carry bytes that
/// never leave it or that eth0 counts already. Source: proc_pid_net(5).
NetworkCounters parse_net_dev(std::string_view text);

}  // namespace longshore::metrics
