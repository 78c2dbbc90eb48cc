#include "agent/app/host.hpp"

#include <sys/utsname.h>

#include <fstream>
#include <sstream>

#include "metrics/cpu_count.hpp"

namespace longshore::app {
namespace {

constexpr std::int64_t kUnitsPerCpu = 1024;

/// MemTotal in MiB, rounded down. Source: proc(5), /proc/meminfo (its "kB" are KiB).
Result<std::int64_t> total_memory_mib() {
  auto text = read_proc_file("/proc/meminfo");
  if (!text) return fail(std::move(text).error());
  std::istringstream lines(*text);
  std::string key;
  std::int64_t kib = 0;
  while (lines >> key >> kib) {
    if (key == "MemTotal:") return kib / 1024;
    lines.ignore(64, '\n');
  }
  return fail(ErrorCode::Unavailable, "/proc/meminfo: no MemTotal");
}

}  // namespace

Result<std::string> read_proc_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(ErrorCode::Unavailable, "read {}", path);
  return text.str();
}

Result<control::HostResources> host_resources(const config::Config& config) {
  auto total = total_memory_mib();
  if (!total) return fail(std::move(total).error());
  control::HostResources host;
  host.cpu_units = static_cast<std::int64_t>(metrics::usable_cpu_count()) * kUnitsPerCpu;
  host.memory_mib = *total - config.reserved_memory_mib;
  if (host.memory_mib < 0) {
    return fail(ErrorCode::InvalidInput,
                "ECS_RESERVED_MEMORY keeps {} MiB from tasks, but this host has only {} MiB",
                config.reserved_memory_mib, *total);
  }
  host.reserved_ports = config.reserved_ports_tcp;
  host.reserved_udp_ports = config.reserved_ports_udp;
  return host;
}

std::string cpu_architecture() {
  utsname names{};
  if (uname(&names) != 0) return {};
  const std::string machine = names.machine;
  return machine == "aarch64" ? "arm64" : machine;
}

}  // namespace longshore::app
