#include "agent/control/to_container.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "agent/control/in_range.hpp"
#include "agent/control/to_port.hpp"

namespace longshore::control {
namespace {

/// The largest list a container may bring. ECS itself allows 64 KiB for a whole definition.
constexpr std::size_t kMaxEntries = 10'000;
constexpr std::int64_t kBytesPerMib = 1'048'576;

Status check_size(std::string_view member, std::size_t size) {
  if (size <= kMaxEntries) return {};
  return fail(ErrorCode::Conflict, "{}: at most {} entries, got {}", member, kMaxEntries, size);
}

Status check_sizes(const protocol::AcsContainer& wire) {
  const std::pair<std::string_view, std::size_t> sizes[] = {
      {"command", wire.command.size()},
      {"entryPoint", wire.entry_point.size()},
      {"environment", wire.environment.size()},
      {"portMappings", wire.port_mappings.size()},
      {"mountPoints", wire.mount_points.size()},
      {"volumesFrom", wire.volumes_from.size()},
      {"links", wire.links.size()},
      {"dependsOn", wire.depends_on.size()},
      {"restartPolicy.ignoredExitCodes",
       wire.restart_policy ? wire.restart_policy->ignored_exit_codes.size() : 0}};
  for (const auto& [member, size] : sizes) {
    if (auto status = check_size(member, size); !status) return status;
  }
  return {};
}

/// The text of a JSON object inside a string, or empty for none. A member may be absent, empty or
/// "null" to say nothing.
Result<std::string> to_patch(std::string_view member, const std::string& text) {
  if (text.empty()) return std::string{};
  const auto json = parse_json(text);
  if (!json) return fail(ErrorCode::Conflict, "{}: {}", member, json.error().message);
  if (json->is_null()) return std::string{};
  if (!json->is_object()) return fail(ErrorCode::Conflict, "{}: expected a JSON object", member);
  return text;
}

/// Only `command` may be overridden. An empty list stays: it means no arguments at all.
Status apply_overrides(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  if (!wire.overrides) return {};
  const auto read = [&spec](const JsonReader& reader) {
    for (const auto& [name, value] : reader.members()) {
      if (to_lower(name) != "command") reader.reject("only command is allowed, got " + name);
    }
    if (reader.get("command")) spec.command = reader.strings("command");
    return true;
  };
  const auto applied = read_json(std::string_view(*wire.overrides), read);
  if (!applied) return fail("overrides", applied.error());
  return {};
}

Result<core::DependencyCondition> to_condition(const std::string& text, std::string_view at) {
  if (text == "START") return core::DependencyCondition::Start;
  if (text == "COMPLETE") return core::DependencyCondition::Complete;
  if (text == "SUCCESS") return core::DependencyCondition::Success;
  if (text == "HEALTHY") return core::DependencyCondition::Healthy;
  return fail(ErrorCode::Conflict,
              "{}.condition: expected START, COMPLETE, SUCCESS or HEALTHY, got {}", at, text);
}

Result<core::Link> to_link(const std::string& text, std::string_view at) {
  const auto parts = split(text, ':');
  if (parts.size() > 2 || parts.front().empty() || parts.back().empty()) {
    return fail(ErrorCode::Conflict, "{}: expected name or name:alias, got {}", at, text);
  }
  return core::Link{.target = ContainerName(std::string(parts.front())),
                    .alias = std::string(parts.back())};
}

void add_dependency(core::ContainerSpec& spec, ContainerName on,
                    core::DependencyCondition condition) {
  core::Dependency dependency{.container = std::move(on), .condition = condition};
  auto& all = spec.depends_on;
  if (std::find(all.begin(), all.end(), dependency) == all.end()) {
    all.push_back(std::move(dependency));
  }
}

/// Runs `convert(entry, "member[i]")` for every entry and stops at the first error.
template <typename Entries, typename Convert>
Status for_each_entry(std::string_view member, const Entries& entries, Convert convert) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (Status status = convert(entries[i], fmt::format("{}[{}]", member, i)); !status) {
      return status;
    }
  }
  return {};
}

Status convert_ports(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  const auto add = [&](const protocol::PortMappingBlock& mapping, std::string at) -> Status {
    auto port = to_port(mapping, at);
    if (!port) return fail(port.error());
    spec.ports.push_back(*std::move(port));
    return {};
  };
  return for_each_entry("portMappings", wire.port_mappings, add);
}

Status convert_mounts(core::ContainerSpec& spec, const protocol::AcsContainer& wire,
                      const VolumePaths& volumes) {
  const auto add = [&](const protocol::MountPointBlock& mount, std::string at) -> Status {
    const auto volume = volumes.find(mount.source_volume);
    if (volume == volumes.end()) {
      return fail(ErrorCode::Conflict, "{}.sourceVolume: the task has no volume named {}", at,
                  mount.source_volume);
    }
    if (mount.container_path.empty()) {
      return fail(ErrorCode::Conflict, "{}.containerPath: required, but missing", at);
    }
    spec.mounts.push_back({.source = volume->second.value_or(""),
                           .container_path = mount.container_path,
                           .read_only = mount.read_only,
                           .volume = volume->second ? "" : volume->first});
    return {};
  };
  return for_each_entry("mountPoints", wire.mount_points, add);
}

Status convert_dependencies(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  const auto add = [&](const protocol::ContainerDependencyBlock& on, std::string at) -> Status {
    const auto condition = to_condition(on.condition, at);
    if (!condition) return fail(condition.error());
    add_dependency(spec, ContainerName(on.container_name), *condition);
    return {};
  };
  return for_each_entry("dependsOn", wire.depends_on, add);
}

Status convert_volumes_from(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  for (const protocol::VolumeFromBlock& from : wire.volumes_from) {
    const ContainerName source(from.source_container);
    spec.volumes_from.push_back({.source = source, .read_only = from.read_only});
    add_dependency(spec, source, core::DependencyCondition::Create);
  }
  return {};
}

Status convert_links(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  const auto add = [&](const std::string& text, std::string at) -> Status {
    auto link = to_link(text, at);
    if (!link) return fail(link.error());
    add_dependency(spec, link->target, core::DependencyCondition::Start);
    spec.links.push_back(*std::move(link));
    return {};
  };
  return for_each_entry("links", wire.links, add);
}

Status convert_amounts(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  const auto cpu = in_range("cpu", wire.cpu);
  if (!cpu) return fail(cpu.error());
  const auto memory = in_range("memory", wire.memory);
  if (!memory) return fail(memory.error());
  const auto start = in_range("startTimeout", wire.start_timeout.value_or(0));
  if (!start) return fail(start.error());
  const auto stop = in_range("stopTimeout", wire.stop_timeout.value_or(0));
  if (!stop) return fail(stop.error());
  spec.cpu_units = *cpu;
  spec.memory_mib = *memory;
  // Zero is how the control plane says that there is no such limit.
  if (*start > 0) spec.start_timeout = std::chrono::seconds(*start);
  if (*stop > 0) spec.stop_timeout = std::chrono::seconds(*stop);
  return {};
}

Status convert_restart_policy(core::ContainerSpec& spec, const protocol::AcsContainer& container) {
  const auto& wire = container.restart_policy;
  if (!wire || !wire->enabled) return {};
  const auto period = in_range("restartPolicy.restartAttemptPeriod", wire->restart_attempt_period);
  if (!period) return fail(period.error());
  core::RestartPolicy policy{.attempt_period = std::chrono::seconds(*period)};
  const auto add = [&](std::int64_t code, std::string_view at) -> Status {
    if (code < std::numeric_limits<int>::min() || code > std::numeric_limits<int>::max()) {
      return fail(ErrorCode::InvalidInput, "{}: expected a 32-bit number, got {}", at, code);
    }
    policy.ignored_exit_codes.push_back(static_cast<int>(code));
    return {};
  };
  if (auto status = for_each_entry("restartPolicy.ignoredExitCodes", wire->ignored_exit_codes, add);
      !status) {
    return status;
  }
  spec.restart_policy = std::move(policy);
  return {};
}

/// The soft limit is in the engine's words and in bytes. A part of a MiB counts as a whole one:
/// what was reserved stays reserved.
Status convert_reservation(core::ContainerSpec& spec, const std::string& host_config) {
  if (host_config.empty()) return {};
  constexpr std::string_view kMember = "MemoryReservation";
  const auto bytes = read_json(
      host_config, [&](const JsonReader& reader) { return reader.integer(kMember).value_or(0); });
  if (!bytes) {
    return fail(ErrorCode::Conflict, "dockerConfig.hostConfig: {}", bytes.error().message);
  }
  const auto checked = in_range(kMember, *bytes, kMaxAmount * kBytesPerMib);
  if (!checked) {
    return fail(ErrorCode::Conflict, "dockerConfig.hostConfig: {}", checked.error().message);
  }
  spec.memory_reservation_mib = (*checked + kBytesPerMib - 1) / kBytesPerMib;
  return {};
}

Status convert_docker_config(core::ContainerSpec& spec, const protocol::AcsContainer& container) {
  const protocol::DockerConfigBlock& wire = container.docker_config;
  auto config = to_patch("dockerConfig.config", wire.config);
  if (!config) return fail(config.error());
  auto host_config = to_patch("dockerConfig.hostConfig", wire.host_config);
  if (!host_config) return fail(host_config.error());
  if (auto status = convert_reservation(spec, *host_config); !status) return status;
  spec.config_patch = *std::move(config);
  spec.host_config_patch = *std::move(host_config);
  spec.min_api_version = wire.version;
  return {};
}

Status convert_registry(core::ContainerSpec& spec, const protocol::AcsContainer& container) {
  const auto& wire = container.registry_authentication;
  if (!wire || wire->type.empty()) return {};
  if (wire->type != "ecr") {
    return fail(ErrorCode::InvalidInput, "registryAuthentication.type: expected ecr or asm, got {}",
                wire->type);
  }
  if (!wire->ecr_auth_data) {
    return fail(ErrorCode::InvalidInput,
                "registryAuthentication.ecrAuthData: required, but missing");
  }
  spec.ecr_auth = core::EcrAuth{.registry_id = wire->ecr_auth_data->registry_id,
                                .region = wire->ecr_auth_data->region,
                                .endpoint_override = wire->ecr_auth_data->endpoint_override,
                                .use_execution_role = wire->ecr_auth_data->use_execution_role};
  return {};
}

}  // namespace

Result<core::ContainerSpec> to_container(const protocol::AcsContainer& wire,
                                         const VolumePaths& volumes) {
  if (auto status = check_sizes(wire); !status) return fail(status.error());
  if (wire.name.empty()) return fail(ErrorCode::InvalidInput, "name: required, but missing");
  core::ContainerSpec spec{.name = ContainerName(wire.name),
                           .image = wire.image,
                           .essential = wire.essential,
                           .environment = wire.environment,
                           .has_health_check = wire.health_check_type == "docker"};
  if (!wire.command.empty()) spec.command = wire.command;
  if (!wire.entry_point.empty()) spec.entry_point = wire.entry_point;
  if (auto status = convert_mounts(spec, wire, volumes); !status) return fail(status.error());
  for (const auto convert :
       {convert_amounts, apply_overrides, convert_ports, convert_dependencies, convert_volumes_from,
        convert_links, convert_restart_policy, convert_docker_config, convert_registry}) {
    if (auto status = convert(spec, wire); !status) return fail(status.error());
  }
  return spec;
}

}  // namespace longshore::control
