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
/// Of lists that name other containers, of which a task has as many at most. Each entry is held
/// against all others.
constexpr std::size_t kMaxReferences = 100;
constexpr std::int64_t kBytesPerMib = 1'048'576;

Status check_sizes(const protocol::AcsContainer& wire) {
  struct List {
    std::string_view member;
    std::size_t size;
    std::size_t limit = kMaxEntries;
  };
  const List lists[] = {{"command", wire.command.size()},
                        {"entryPoint", wire.entry_point.size()},
                        {"environment", wire.environment.size()},
                        {"portMappings", wire.port_mappings.size()},
                        {"mountPoints", wire.mount_points.size()},
                        {"volumesFrom", wire.volumes_from.size(), kMaxReferences},
                        {"links", wire.links.size(), kMaxReferences},
                        {"dependsOn", wire.depends_on.size(), kMaxReferences},
                        {"restartPolicy.ignoredExitCodes",
                         wire.restart_policy ? wire.restart_policy->ignored_exit_codes.size() : 0}};
  for (const auto& [member, size, limit] : lists) {
    if (size > limit) {
      return fail(ErrorCode::Conflict, "{}: at most {} entries, got {}", member, limit, size);
    }
  }
  return {};
}

/// The first mistake is the one that the container's create fails with.
void note_flaw(core::ContainerSpec& spec, std::string name, std::string text) {
  if (!spec.flaw) spec.flaw = core::Flaw{std::move(name), std::move(text)};
}

void note_host_config_error(core::ContainerSpec& spec, std::string text) {
  note_flaw(spec, "HostConfigError", std::move(text));
}

/// The text of a JSON object inside a string, or empty for none. A member may be absent, empty or
/// "null" to say nothing. Errors: InvalidInput, with what is wrong with the text.
Result<std::string> to_patch(const std::string& text) {
  if (text.empty()) return std::string{};
  const auto json = parse_json(text);
  if (!json) return fail(json.error());
  if (json->is_null()) return std::string{};
  if (!json->is_object()) return fail(ErrorCode::InvalidInput, "expected a JSON object");
  return text;
}

/// Only `command` may be overridden. An empty list stays: it means no arguments at all.
Status apply_overrides(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  if (!wire.overrides) return {};
  const auto read = [&spec](const JsonReader& reader) {
    if (reader.raw().is_null()) return true;
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

/// What is behind the first colon is the alias; find_misfit() judges how many there are.
core::Link to_link(const std::string& text) {
  const auto colon = text.find(':');
  const std::string target = text.substr(0, colon);
  return {.target = ContainerName(target),
          .alias = colon == std::string::npos ? target : text.substr(colon + 1)};
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
    if (port) {
      spec.ports.push_back(*std::move(port));
    } else if (port.error().code == ErrorCode::Conflict) {
      note_host_config_error(spec, "error retrieving docker port map: " + port.error().message);
    } else {
      return fail(port.error());
    }
    return {};
  };
  return for_each_entry("portMappings", wire.port_mappings, add);
}

/// Source of the words: amazon-ecs-agent:agent/api/task/task.go (dockerHostBinds).
void convert_mounts(core::ContainerSpec& spec, const protocol::AcsContainer& wire,
                    const VolumePaths& volumes) {
  for (const protocol::MountPointBlock& mount : wire.mount_points) {
    const auto volume = volumes.find(mount.source_volume);
    if (volume == volumes.end()) {
      note_host_config_error(spec, "Invalid volume referenced: " + mount.source_volume);
    } else if (mount.container_path.empty()) {
      note_host_config_error(
          spec, fmt::format("Unable to resolve volume mounts; invalid path: {} {}; {} -> ",
                            wire.name, volume->first, volume->second.value_or(volume->first)));
    } else {
      spec.mounts.push_back({.source = volume->second.value_or(""),
                             .container_path = mount.container_path,
                             .read_only = mount.read_only,
                             .volume = volume->second ? "" : volume->first});
    }
  }
}

void convert_dependencies(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  for (const protocol::ContainerDependencyBlock& on : wire.depends_on) {
    // Of an unknown word nothing is to be done: find_misfit() says so.
    const auto condition = to_condition(on.condition);
    if (condition) add_dependency(spec, ContainerName(on.container_name), *condition);
  }
}

void convert_volumes_from(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  for (const protocol::VolumeFromBlock& from : wire.volumes_from) {
    const ContainerName source(from.source_container);
    spec.volumes_from.push_back({.source = source, .read_only = from.read_only});
    add_dependency(spec, source, core::DependencyCondition::Create);
  }
}

void convert_links(core::ContainerSpec& spec, const protocol::AcsContainer& wire) {
  for (const std::string& text : wire.links) {
    core::Link link = to_link(text);
    add_dependency(spec, link.target, core::DependencyCondition::Start);
    spec.links.push_back(std::move(link));
  }
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
/// what was reserved stays reserved. One below zero is the engine's to refuse.
Result<std::int64_t> to_reservation_mib(const std::string& host_config) {
  if (host_config.empty()) return 0;
  const auto bytes = read_json(host_config, [](const JsonReader& reader) {
    return reader.integer("MemoryReservation").value_or(0);
  });
  if (!bytes) return fail(bytes.error());
  const auto kept = std::clamp<std::int64_t>(*bytes, 0, kMaxAmount * kBytesPerMib);
  return (kept + kBytesPerMib - 1) / kBytesPerMib;
}

/// Source of the words: amazon-ecs-agent:agent/api/task/task.go (dockerHostConfig, dockerConfig),
/// which looks at hostConfig first.
void convert_docker_config(core::ContainerSpec& spec, const protocol::AcsContainer& container) {
  const protocol::DockerConfigBlock& wire = container.docker_config;
  const auto host_config = to_patch(wire.host_config);
  const auto reservation =
      host_config ? to_reservation_mib(*host_config) : fail(host_config.error());
  if (reservation) {
    spec.host_config_patch = *host_config;
    spec.memory_reservation_mib = *reservation;
  } else {
    note_host_config_error(spec,
                           "Unable to decode given host config: " + reservation.error().message);
  }
  const auto config = to_patch(wire.config);
  if (config) {
    spec.config_patch = *config;
  } else {
    note_flaw(spec, "DockerClientConfigError",
              "Unable decode given docker config: " + config.error().message);
  }
  spec.min_api_version = wire.version;
}

/// Of another type than ECR's it is the engine's own logins that count. Without its data there is
/// no login to be had, which the pull then says.
/// Source: amazon-ecs-agent:agent/dockerclient/dockerapi/docker_client.go (getAuthdata).
void convert_registry(core::ContainerSpec& spec, const protocol::AcsContainer& container) {
  const auto& wire = container.registry_authentication;
  if (!wire || wire->type != "ecr") return;
  const auto data = wire->ecr_auth_data.value_or(protocol::EcrAuthDataBlock{});
  spec.ecr_auth = core::EcrAuth{.registry_id = data.registry_id,
                                .region = data.region,
                                .endpoint_override = data.endpoint_override,
                                .use_execution_role = data.use_execution_role};
}

}  // namespace

std::optional<core::DependencyCondition> to_condition(std::string_view word) {
  if (word == "CREATE") return core::DependencyCondition::Create;
  if (word == "START") return core::DependencyCondition::Start;
  if (word == "COMPLETE") return core::DependencyCondition::Complete;
  if (word == "SUCCESS") return core::DependencyCondition::Success;
  if (word == "HEALTHY") return core::DependencyCondition::Healthy;
  return std::nullopt;
}

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
  for (const auto convert :
       {convert_amounts, apply_overrides, convert_ports, convert_restart_policy}) {
    if (auto status = convert(spec, wire); !status) return fail(status.error());
  }
  // The official agent comes upon a port's mistake first, then on a mount's.
  convert_mounts(spec, wire, volumes);
  for (const auto convert : {convert_docker_config, convert_dependencies, convert_volumes_from,
                             convert_links, convert_registry}) {
    convert(spec, wire);
  }
  return spec;
}

}  // namespace longshore::control
