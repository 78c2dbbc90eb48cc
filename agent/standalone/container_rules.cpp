#include "agent/standalone/container_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "agent/base/text.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/port_rules.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;
using Mistake = std::optional<std::string>;

/// Docker Engine refuses less since 20.10 (docs.docker.com, "Resource constraints").
constexpr std::int64_t kLeastMemoryMib = 6;

Mistake broken_memory_rule(const json& definition, const json& container, const std::string& path) {
  const json* hard = find_member(container, "memory");
  const json* soft = find_member(container, "memoryReservation");
  if (hard == nullptr && soft == nullptr && !has_member(definition, "memory")) {
    return fmt::format("{}: memory, memoryReservation or the task's memory is required", path);
  }
  for (const auto& [name, value] : {std::pair{"memory", hard}, {"memoryReservation", soft}}) {
    if (value != nullptr && value->get<std::int64_t>() < kLeastMemoryMib) {
      return fmt::format("{}.{}: must be at least {} (MiB)", path, name, kLeastMemoryMib);
    }
  }
  if (hard != nullptr && soft != nullptr && *soft > *hard) {
    return fmt::format("{}.memoryReservation: {} is more than memory ({})", path, soft->dump(),
                       hard->dump());
  }
  const json& linux_parameters = object_of(container, "linuxParameters");
  if (has_member(linux_parameters, "maxSwap") && hard == nullptr) {
    return fmt::format("{}.linuxParameters.maxSwap: needs the container's memory", path);
  }
  return std::nullopt;
}

Mistake broken_mount_rule(const json& definition, const json& mount, const std::string& path) {
  const json& volumes = list_of(definition, "volumes");
  const bool known = std::any_of(volumes.begin(), volumes.end(), [&](const json& volume) {
    return volume["name"] == mount["sourceVolume"];
  });
  if (!known) {
    return fmt::format("{}.sourceVolume: no volume {}", path, mount["sourceVolume"].dump());
  }
  if (!text_of(mount, "containerPath").starts_with("/")) {
    return path + ".containerPath: expected an absolute path";
  }
  return std::nullopt;
}

Mistake broken_health_rule(const json& health, const std::string& path) {
  const std::string kind = health["command"][0];
  if (kind != "CMD" && kind != "CMD-SHELL" && kind != "NONE") {
    return path + ".command[0]: expected CMD, CMD-SHELL or NONE";
  }
  if (kind != "NONE" && health["command"].size() < 2) {
    return path + ".command: a command must follow " + kind;
  }
  return std::nullopt;
}

Mistake broken_role_rule(const json& definition, const json& container, const std::string& path) {
  if (!text_of(definition, "executionRoleArn").empty()) return std::nullopt;
  const json& log = object_of(container, "logConfiguration");
  for (const auto& [uses_role, name] :
       {std::pair{!list_of(container, "secrets").empty(), "secrets"},
        {!list_of(log, "secretOptions").empty(), "logConfiguration.secretOptions"},
        {!list_of(container, "environmentFiles").empty(), "environmentFiles"},
        {has_member(container, "repositoryCredentials"), "repositoryCredentials"}}) {
    if (uses_role) return fmt::format("{}.{}: needs executionRoleArn", path, name);
  }
  return std::nullopt;
}

Mistake broken_limit_rule(const json& limit, const std::string& path) {
  const auto soft = limit["softLimit"].get<std::int64_t>();
  const auto hard = limit["hardLimit"].get<std::int64_t>();
  // -1 stands for no limit, which is above every number.
  if (hard != -1 && (soft == -1 || soft > hard)) return path + ".softLimit: above hardLimit";
  return std::nullopt;
}

template <typename Check>
Mistake first_in(const json& list, const std::string& path, Check check) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (auto mistake = check(list[i], fmt::format("{}[{}]", path, i))) return mistake;
  }
  return std::nullopt;
}

const json* container_named(const json& definition, std::string_view name) {
  for (const json& container : definition["containerDefinitions"]) {
    if (container["name"] == name) return &container;
  }
  return nullptr;
}

Mistake broken_dependency_rule(const json& definition, const json& container,
                               const json& dependency, const std::string& path) {
  const std::string name = dependency["containerName"];
  const std::string condition = dependency["condition"];
  const json* target = container_named(definition, name);
  if (target == nullptr) return fmt::format("{}.containerName: no container \"{}\"", path, name);
  if (target == &container) return path + ".containerName: a container cannot wait for itself";
  if (condition == "HEALTHY" && !has_member(*target, "healthCheck")) {
    return fmt::format("{}.condition: HEALTHY needs a healthCheck in container {}", path, name);
  }
  if ((condition == "COMPLETE" || condition == "SUCCESS") && flag_of(*target, "essential", true)) {
    return fmt::format(
        "{}.condition: {} needs container {} to be \"essential\": false, or its end stops the task",
        path, condition, name);
  }
  return std::nullopt;
}

/// Whether following `dependsOn` from `name` comes back to `goal`.
bool leads_to(const json& definition, const std::string& name, const std::string& goal,
              std::set<std::string>& seen) {
  if (!seen.insert(name).second) return false;
  for (const json& dependency : list_of(*container_named(definition, name), "dependsOn")) {
    const std::string next = dependency["containerName"];
    if (next == goal || leads_to(definition, next, goal, seen)) return true;
  }
  return false;
}

}  // namespace

bool is_ecs_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

Mistake broken_container_rule(const json& definition, const json& container,
                              const std::string& path) {
  const std::string mode = text_of(definition, "networkMode", "bridge");
  if (!is_ecs_name(text_of(container, "name"))) {
    return path + ".name: expected 1..255 letters, digits, hyphens and underscores";
  }
  if (auto mistake = broken_memory_rule(definition, container, path)) return mistake;
  if (auto mistake = broken_role_rule(definition, container, path)) return mistake;
  if (auto mistake =
          broken_port_rule(list_of(container, "portMappings"), mode, path + ".portMappings")) {
    return mistake;
  }
  if (auto mistake = first_in(list_of(container, "mountPoints"), path + ".mountPoints",
                              [&](const json& mount, const std::string& at) {
                                return broken_mount_rule(definition, mount, at);
                              })) {
    return mistake;
  }
  if (auto mistake =
          first_in(list_of(container, "ulimits"), path + ".ulimits", broken_limit_rule)) {
    return mistake;
  }
  if (const json* health = find_member(container, "healthCheck")) {
    return broken_health_rule(*health, path + ".healthCheck");
  }
  return std::nullopt;
}

Mistake broken_container_reference(const json& definition) {
  const bool bridge = text_of(definition, "networkMode", "bridge") == "bridge";
  std::set<std::string> names;
  const auto check = [&](const json& container, const std::string& path) -> Mistake {
    if (!names.insert(text_of(container, "name")).second) {
      return fmt::format("{}.name: {} is used twice", path, container["name"].dump());
    }
    const auto check_link = [&](const json& link, const std::string& at) -> Mistake {
      if (!bridge) return at + ": links need networkMode bridge";
      const auto text = link.get<std::string>();
      const std::string name(split(text, ':')[0]);
      const json* target = container_named(definition, name);
      if (target == nullptr || target == &container) {
        return fmt::format("{}: no other container \"{}\"", at, name);
      }
      return std::nullopt;
    };
    const auto check_source = [&](const json& from, const std::string& at) -> Mistake {
      const json* target = container_named(definition, text_of(from, "sourceContainer"));
      if (target != nullptr && target != &container) return std::nullopt;
      return fmt::format("{}.sourceContainer: no other container {}", at,
                         from["sourceContainer"].dump());
    };
    const auto check_dependency = [&](const json& dependency, const std::string& at) {
      return broken_dependency_rule(definition, container, dependency, at);
    };
    auto mistake = first_in(list_of(container, "links"), path + ".links", check_link);
    if (!mistake) {
      mistake = first_in(list_of(container, "volumesFrom"), path + ".volumesFrom", check_source);
    }
    if (!mistake) {
      mistake = first_in(list_of(container, "dependsOn"), path + ".dependsOn", check_dependency);
    }
    return mistake;
  };
  auto mistake = first_in(definition["containerDefinitions"], "containerDefinitions", check);
  if (mistake) return mistake;
  for (const std::string& name : names) {
    std::set<std::string> seen;
    if (leads_to(definition, name, name, seen)) {
      return fmt::format("containerDefinitions: dependsOn goes in a circle through \"{}\"", name);
    }
  }
  return std::nullopt;
}

}  // namespace longshore::standalone
