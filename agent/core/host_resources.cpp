#include "agent/core/host_resources.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace longshore::core {

namespace {

std::int64_t bounded(std::int64_t amount) {
  return std::clamp<std::int64_t>(amount, 0, kMostOfOneTask);
}

/// A number that is none counts as the most there is: what cannot be read is not let in.
std::int64_t cpu_units(double vcpus) {
  const double units = vcpus * 1024.0;
  if (!(units < static_cast<double>(kMostOfOneTask))) return kMostOfOneTask;
  return bounded(std::llround(std::max(units, 0.0)));
}

void add_ports(const ContainerSpec& container, ResourceNeed& need) {
  for (const PortMapping& port : container.ports) {
    if (port.host_port == 0) continue;
    (port.protocol == "udp" ? need.udp_ports : need.tcp_ports).insert(port.host_port);
  }
}

}  // namespace

ResourceNeed bounded(ResourceNeed need) {
  need.cpu_units = bounded(need.cpu_units);
  need.memory_mib = bounded(need.memory_mib);
  return need;
}

ResourceNeed need_of(const TaskSpec& task) {
  ResourceNeed need;
  for (const ContainerSpec& container : task.containers) {
    if (container.kind != ContainerKind::Normal) continue;
    const std::int64_t memory = container.memory_reservation_mib > 0
                                    ? container.memory_reservation_mib
                                    : container.memory_mib;
    need.cpu_units = bounded(need.cpu_units + bounded(container.cpu_units));
    need.memory_mib = bounded(need.memory_mib + bounded(memory));
    add_ports(container, need);
  }
  if (task.cpu_vcpus != 0) need.cpu_units = cpu_units(task.cpu_vcpus);
  if (task.memory_mib != 0) need.memory_mib = bounded(task.memory_mib);
  return need;
}

}  // namespace longshore::core
