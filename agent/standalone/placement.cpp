#include "agent/standalone/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/task_payload.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

std::int64_t task_size(const TaskDefinition& definition, const json& overrides,
                       const char* member) {
  const std::string text = text_of(overrides, member, text_of(definition.document, member, "0"));
  return std::strtoll(text.c_str(), nullptr, 10);
}

std::optional<int> common_port(const std::set<int>& a, const std::set<int>& b) {
  std::vector<int> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common.empty() ? std::nullopt : std::optional(common.front());
}

/// What a host tells about its processor by the attribute that external hosts register.
bool runs_architecture(const ContainerInstance& instance, const json& definition) {
  const std::string wanted = text_of(object_of(definition, "runtimePlatform"), "cpuArchitecture");
  const auto told = instance.attributes.find("ecs.cpu-architecture");
  if (wanted.empty() || told == instance.attributes.end()) return true;
  return (wanted == "ARM64") == (told->second == "arm64" || told->second == "aarch64");
}

}  // namespace

Resources resources_of(const TaskDefinition& definition, const json& overrides) {
  Resources needs;
  const json& changes = list_of(overrides, "containerOverrides");
  for (const json& original : definition.document["containerDefinitions"]) {
    const auto change = std::find_if(changes.begin(), changes.end(), [&](const json& entry) {
      return text_of(entry, "name") == text_of(original, "name");
    });
    const json container =
        overridden_container(original, change == changes.end() ? json::object() : *change);
    needs.cpu_units += whole_of(container, "cpu");
    needs.memory_mib += whole_of(container, "memoryReservation", whole_of(container, "memory"));
    for (const json& mapping : container["portMappings"]) {
      const auto port = static_cast<int>(whole_of(mapping, "hostPort"));
      if (port == 0) continue;
      (text_of(mapping, "protocol") == "udp" ? needs.udp_ports : needs.tcp_ports).insert(port);
    }
  }
  if (const auto cpu = task_size(definition, overrides, "cpu"); cpu > 0) needs.cpu_units = cpu;
  if (const auto memory = task_size(definition, overrides, "memory"); memory > 0) {
    needs.memory_mib = memory;
  }
  return needs;
}

Resources remaining_resources(const ClusterState& state, const ContainerInstance& instance) {
  Resources left = instance.offers;
  for (const auto& [arn, task] : state.tasks) {
    if (task.instance_arn != instance.arn || task.last_status == "STOPPED") continue;
    left.cpu_units -= task.takes.cpu_units;
    left.memory_mib -= task.takes.memory_mib;
    left.tcp_ports.insert(task.takes.tcp_ports.begin(), task.takes.tcp_ports.end());
    left.udp_ports.insert(task.takes.udp_ports.begin(), task.takes.udp_ports.end());
  }
  return left;
}

std::optional<Misfit> find_misfit(const ClusterState& state, const ContainerInstance& instance,
                                  const TaskDefinition& definition, const Resources& needs) {
  if (instance.status != ContainerInstance::Status::Active) return Misfit{"INACTIVE", ""};
  if (!instance.connected) return Misfit{"AGENT", "The agent is not connected."};
  for (const std::string& name : definition.requires_attributes) {
    if (!instance.attributes.contains(name)) {
      return Misfit{"ATTRIBUTE", "The container instance has not registered " + name + "."};
    }
  }
  if (!runs_architecture(instance, definition.document)) {
    return Misfit{"ATTRIBUTE", "runtimePlatform.cpuArchitecture is not the instance's."};
  }
  const Resources left = remaining_resources(state, instance);
  const auto short_of = [](const char* what, std::int64_t asked, std::int64_t has) {
    return Misfit{fmt::format("RESOURCE:{}", what), fmt::format("{} asked, {} left.", asked, has)};
  };
  if (needs.cpu_units > left.cpu_units) return short_of("CPU", needs.cpu_units, left.cpu_units);
  if (needs.memory_mib > left.memory_mib) {
    return short_of("MEMORY", needs.memory_mib, left.memory_mib);
  }
  auto port = common_port(needs.tcp_ports, left.tcp_ports);
  if (!port) port = common_port(needs.udp_ports, left.udp_ports);
  if (port) return Misfit{"RESOURCE:PORTS", fmt::format("Port {} is taken.", *port)};
  return std::nullopt;
}

}  // namespace longshore::standalone
