#include "agent/engine/observation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace longshore::engine {
namespace {

using Bindings = std::vector<core::NetworkBinding>;
/// Address, protocol, container port and host port.
using Place = std::tuple<std::string, std::string, int, int>;

Place place_of(const runtime::PortBinding& port, int offset = 0) {
  return {port.bind_ip, port.protocol, port.container_port + offset, port.host_port + offset};
}

/// The range that begins with `first`, taken out of `singles`, if it is there whole.
std::optional<core::NetworkBinding> take_range(std::set<Place>& singles,
                                               const runtime::PortBinding& first,
                                               const core::PortMapping& mapping) {
  const int length = mapping.container_port_last - mapping.container_port + 1;
  for (int offset = 0; offset < length; ++offset) {
    if (!singles.contains(place_of(first, offset))) return std::nullopt;
  }
  for (int offset = 0; offset < length; ++offset) singles.erase(place_of(first, offset));
  return core::NetworkBinding{
      .bind_ip = first.bind_ip,
      .container_port = first.container_port,
      .host_port = first.host_port,
      .protocol = first.protocol,
      .container_port_last = mapping.container_port_last,
      .host_port_last = static_cast<std::uint16_t>(first.host_port + length - 1)};
}

/// Whether the task asks for this container port, under whatever protocol.
bool is_asked_for(std::uint16_t port, const std::vector<core::PortMapping>& mappings) {
  return std::any_of(mappings.begin(), mappings.end(), [port](const core::PortMapping& mapping) {
    return mapping.container_port_last == 0
               ? port == mapping.container_port
               : port >= mapping.container_port && port <= mapping.container_port_last;
  });
}

/// What dockerConfig publishes beside the task's portMappings is nobody's to hear of.
/// Source: amazon-ecs-agent:agent/api/statechange.go (getNetworkBindings).
Bindings to_bindings(const std::vector<runtime::PortBinding>& ports,
                     const std::vector<core::PortMapping>& mappings) {
  std::set<Place> singles;
  for (const runtime::PortBinding& port : ports) singles.insert(place_of(port));
  Bindings ranges;
  for (const core::PortMapping& mapping : mappings) {
    if (mapping.container_port_last == 0) continue;
    for (const runtime::PortBinding& port : ports) {
      if (port.container_port != mapping.container_port || port.protocol != mapping.protocol) {
        continue;
      }
      if (auto range = take_range(singles, port, mapping)) ranges.push_back(*std::move(range));
    }
  }
  Bindings bindings;
  for (const runtime::PortBinding& port : ports) {
    if (!singles.contains(place_of(port)) || !is_asked_for(port.container_port, mappings)) continue;
    bindings.push_back({.bind_ip = port.bind_ip,
                        .container_port = port.container_port,
                        .host_port = port.host_port,
                        .protocol = port.protocol});
  }
  bindings.insert(bindings.end(), ranges.begin(), ranges.end());
  return bindings;
}

}  // namespace

core::Health to_health(runtime::HealthStatus status) {
  switch (status) {
    case runtime::HealthStatus::Healthy:
      return core::Health::Healthy;
    case runtime::HealthStatus::Unhealthy:
      return core::Health::Unhealthy;
    case runtime::HealthStatus::Starting:
    case runtime::HealthStatus::None:
      return core::Health::Unknown;
  }
  return core::Health::Unknown;
}

bool has_run(const runtime::ContainerState& state) {
  return state.alive || state.started_at.has_value();
}

core::Observation to_observation(const runtime::ContainerState& state,
                                 const std::vector<core::PortMapping>& mappings) {
  core::Observation seen;
  seen.alive = state.alive;
  seen.has_run = has_run(state);
  if (!state.alive) {
    seen.exit = {.code = state.exit_code, .out_of_memory = state.oom_killed, .error = state.error};
    seen.finished_at = state.finished_at;
  }
  seen.network_bindings = to_bindings(state.ports, mappings);
  seen.health = to_health(state.health);
  seen.started_at = state.started_at;
  return seen;
}

}  // namespace longshore::engine
