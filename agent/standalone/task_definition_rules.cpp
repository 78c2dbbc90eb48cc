#include "agent/standalone/task_definition_rules.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/base/json_reader.hpp"
#include "agent/standalone/container_rules.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/task_definition_shape.hpp"
#include "agent/standalone/task_size.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;
using Mistake = std::optional<std::string>;

/// Amazon ECS service quotas, "Task definition size limit".
constexpr std::size_t kMaxDefinitionBytes = 64U << 10U;

Mistake broken_volume_rule(const json& definition) {
  std::set<std::string> names;
  const json& volumes = list_of(definition, "volumes");
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const json& volume = volumes[i];
    const std::string path = fmt::format("volumes[{}]", i);
    if (!names.insert(text_of(volume, "name")).second) {
      return fmt::format("{}.name: {} is used twice", path, volume["name"].dump());
    }
    const int kinds = int{has_member(volume, "host")} +
                      int{has_member(volume, "dockerVolumeConfiguration")} +
                      int{has_member(volume, "efsVolumeConfiguration")};
    if (kinds > 1) return path + ": a volume has one kind of configuration only";
    const json& docker = object_of(volume, "dockerVolumeConfiguration");
    if (flag_of(docker, "autoprovision") && text_of(docker, "scope", "task") == "task") {
      return path +
             ".dockerVolumeConfiguration.autoprovision: true needs scope \"shared\"; a volume of "
             "scope \"task\" is always made with its task";
    }
  }
  return std::nullopt;
}

Mistake broken_task_rule(const json& definition) {
  if (!is_ecs_name(text_of(definition, "family"))) {
    return "family: expected 1..255 letters, digits, hyphens and underscores";
  }
  if (text_of(definition, "networkMode") == "awsvpc") {
    return "networkMode: awsvpc needs ENIs of AWS; accepted here: bridge, host, none";
  }
  const json& launch_types = list_of(definition, "requiresCompatibilities");
  const bool runs_here =
      launch_types.empty() ||
      std::any_of(launch_types.begin(), launch_types.end(),
                  [](const json& type) { return type == "EC2" || type == "EXTERNAL"; });
  if (!runs_here) return "requiresCompatibilities: must include EC2 or EXTERNAL";
  const json& containers = definition["containerDefinitions"];
  if (std::none_of(containers.begin(), containers.end(),
                   [](const json& container) { return flag_of(container, "essential", true); })) {
    return "containerDefinitions: at least one container must be essential";
  }
  return broken_volume_rule(definition);
}

/// Rewrites the task size in plain units and compares it with what the containers ask for.
Mistake settle_task_size(json& definition) {
  if (const json* cpu = find_member(definition, "cpu")) {
    const auto units = parse_task_cpu(cpu->get<std::string>());
    if (!units) return "cpu: expected units (\"256\") or vCPUs (\"0.25 vCPU\")";
    definition["cpu"] = std::to_string(*units);
  }
  if (const json* memory = find_member(definition, "memory")) {
    const auto mib = parse_task_memory(memory->get<std::string>());
    if (!mib) return "memory: expected MiB (\"512\") or GB (\"0.5 GB\")";
    definition["memory"] = std::to_string(*mib);
    std::int64_t reserved = 0;
    for (const json& container : definition["containerDefinitions"]) {
      const std::int64_t hard = whole_of(container, "memory");
      if (hard > *mib) {
        return fmt::format("memory: container {} asks for {} MiB, more than the task's {}",
                           container["name"].dump(), hard, *mib);
      }
      reserved += whole_of(container, "memoryReservation", hard);
    }
    if (reserved > *mib) {
      return fmt::format("memory: the containers ask for {} MiB together, the task has {}",
                         reserved, *mib);
    }
  }
  return std::nullopt;
}

void fill_defaults(json& definition) {
  const bool host = text_of(definition, "networkMode") == "host";
  for (json& container : definition["containerDefinitions"]) {
    container.emplace("cpu", 0);
    container.emplace("essential", true);
    for (const char* list : {"environment", "mountPoints", "portMappings", "volumesFrom"}) {
      container.emplace(list, json::array());
    }
    for (json& mapping : container["portMappings"]) {
      mapping.emplace("protocol", "tcp");
      if (!mapping.contains("containerPort")) continue;
      if (host) {
        mapping["hostPort"] = mapping["containerPort"];
      } else {
        mapping.emplace("hostPort", 0);
      }
    }
  }
  definition.emplace("volumes", json::array());
  definition.emplace("placementConstraints", json::array());
}

}  // namespace

ApiResult<json> check_task_definition(const json& request) {
  json definition = without_nulls(request);
  if (auto mistake = find_mistake(task_definition_shape(), definition)) {
    return client_error("{}", *mistake);
  }
  if (dump_json(definition).size() > kMaxDefinitionBytes) {
    return client_error("task definition: larger than {} bytes", kMaxDefinitionBytes);
  }
  if (auto mistake = broken_task_rule(definition)) return client_error("{}", *mistake);
  const json& containers = definition["containerDefinitions"];
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const std::string path = fmt::format("containerDefinitions[{}]", i);
    if (auto mistake = broken_container_rule(definition, containers[i], path)) {
      return client_error("{}", *mistake);
    }
  }
  if (auto mistake = broken_container_reference(definition)) return client_error("{}", *mistake);
  if (auto mistake = settle_task_size(definition)) return client_error("{}", *mistake);
  fill_defaults(definition);
  return definition;
}

}  // namespace longshore::standalone
