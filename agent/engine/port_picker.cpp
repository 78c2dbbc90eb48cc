#include "agent/engine/port_picker.hpp"

#include <fstream>
#include <utility>

namespace longshore::engine {
namespace {

std::uint32_t length_of(std::uint16_t first, std::uint16_t last) {
  return last < first ? 1 : static_cast<std::uint32_t>(last - first) + 1;
}

void add_ports(std::set<HostPort>& ports, const std::string& protocol, std::uint16_t first,
               std::uint16_t last) {
  if (first == 0) return;
  for (std::uint32_t i = 0; i < length_of(first, last); ++i) {
    ports.insert({protocol, static_cast<std::uint16_t>(first + i)});
  }
}

bool is_stopped(const TaskTable& tasks, const ContainerKey& key) {
  const core::TaskState* task = tasks.find(key.task);
  return task == nullptr || task->containers[key.container].phase == core::Phase::Stopped;
}

}  // namespace

HostPortRange kernel_port_range() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  HostPortRange range;
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  if (file >> first >> last && first > 0 && first <= last) range = {first, last};
  return range;
}

PortPicker::PortPicker(HostPortRange range, const TaskTable& tasks, Probe is_free)
    : range_(range), tasks_(tasks), is_free_(std::move(is_free)) {}

Result<std::vector<runtime::PortBinding>> PortPicker::bind(
    const ContainerKey& holder, const std::vector<core::PortMapping>& mappings) {
  forget_stopped();
  std::set<HostPort> held = held_by_others(holder);
  std::vector<HostPort> picked;
  std::vector<runtime::PortBinding> bindings;
  for (const core::PortMapping& mapping : mappings) {
    if (mapping.container_port == 0) continue;
    const std::uint32_t length = length_of(mapping.container_port, mapping.container_port_last);
    std::uint16_t first = mapping.host_port;
    if (first == 0) {
      const auto block = pick_block(mapping.protocol, length, held);
      if (!block) return fail(block.error());
      first = *block;
    }
    for (std::uint32_t i = 0; i < length; ++i) {
      const auto host_port = static_cast<std::uint16_t>(first + i);
      bindings.push_back({.container_port = static_cast<std::uint16_t>(mapping.container_port + i),
                          .host_port = host_port,
                          .protocol = mapping.protocol});
      picked.push_back({mapping.protocol, host_port});
      held.insert(picked.back());
    }
  }
  picked_.insert_or_assign(holder, std::move(picked));
  return bindings;
}

Result<std::uint16_t> PortPicker::pick_block(const std::string& protocol, std::uint32_t length,
                                             const std::set<HostPort>& held) {
  const std::uint32_t size = length_of(range_.first, range_.last);
  std::uint32_t start = next_;
  std::uint32_t in_row = 0;
  // Once round, and the beginning of the round again for a row that reaches into it.
  for (std::uint32_t looked = 0; length <= size && looked < size + length; ++looked) {
    if (start + length > size) start = 0;
    const auto port = static_cast<std::uint16_t>(range_.first + start + in_row);
    if (held.contains({protocol, port}) || !is_free_(port, protocol == "udp")) {
      start += in_row + 1;
      in_row = 0;
    } else if (++in_row == length) {
      next_ = start + length;
      return static_cast<std::uint16_t>(range_.first + start);
    }
  }
  // Source of the words: amazon-ecs-agent:agent/utils/ephemeral_ports.go.
  return fail(ErrorCode::Unavailable, "error retrieving docker port map: {} unavailable",
              length == 1 ? "a host port is" : fmt::format("{} contiguous host ports are", length));
}

std::set<HostPort> PortPicker::held_by_others(const ContainerKey& holder) const {
  std::set<HostPort> held;
  for (const auto& [arn, task] : tasks_.all()) {
    for (core::ContainerIndex i = 0; i < task.containers.size(); ++i) {
      if (is_stopped(tasks_, {arn, i})) continue;
      for (const core::PortMapping& mapping : task.spec->containers[i].ports) {
        add_ports(held, mapping.protocol, mapping.host_port, 0);
      }
      for (const core::NetworkBinding& binding : task.containers[i].network_bindings) {
        add_ports(held, binding.protocol, binding.host_port, binding.host_port_last);
      }
    }
  }
  for (const auto& [key, ports] : picked_) {
    if (key != holder) held.insert(ports.begin(), ports.end());
  }
  return held;
}

void PortPicker::forget_stopped() {
  std::erase_if(picked_, [&](const auto& entry) { return is_stopped(tasks_, entry.first); });
}

}  // namespace longshore::engine
