#include "agent/control/refusal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/control/to_container.hpp"
#include "agent/core/refusal.hpp"

namespace longshore::control {
namespace {

/// What is wrong, or nullopt.
using Finding = std::optional<std::string>;

bool has_container(const protocol::AcsTask& task, std::string_view name) {
  return std::any_of(task.containers.begin(), task.containers.end(),
                     [&](const auto& container) { return container.name == name; });
}

Finding find_lost_source(const protocol::AcsTask& task) {
  for (const protocol::AcsContainer& container : task.containers) {
    for (const protocol::VolumeFromBlock& from : container.volumes_from) {
      if (has_container(task, from.source_container)) continue;
      return "could not find volume source container with name " + from.source_container;
    }
  }
  return std::nullopt;
}

Finding find_bad_link(const protocol::AcsTask& task) {
  for (const protocol::AcsContainer& container : task.containers) {
    for (const std::string& link : container.links) {
      const auto parts = split(link, ':');
      if (parts.size() > 2) return "invalid link format";
      if (!has_container(task, parts.front())) return "could not find container for link " + link;
    }
  }
  return std::nullopt;
}

Finding find_bad_volume(const protocol::AcsTask& task) {
  for (const protocol::AcsVolume& volume : task.volumes) {
    const bool own = volume.type == "docker" && volume.docker && volume.docker->scope == "task";
    if (!own || !volume.docker->autoprovision) continue;
    return fmt::format("volume [{}] : task scoped volume could not be autoprovisioned",
                       volume.name);
  }
  return std::nullopt;
}

bool waits_for_nothing_known(const protocol::AcsContainer& container) {
  return std::any_of(container.depends_on.begin(), container.depends_on.end(),
                     [](const auto& on) { return !to_condition(on.condition); });
}

}  // namespace

std::optional<std::string> find_misfit(const protocol::AcsTask& task) {
  for (const auto find : {find_lost_source, find_bad_link, find_bad_volume}) {
    if (const Finding cause = find(task)) {
      return core::unready_resource(TaskArn(task.arn)) + ": " + *cause;
    }
  }
  if (std::any_of(task.containers.begin(), task.containers.end(), waits_for_nothing_known)) {
    return core::unresolved_order(TaskArn(task.arn));
  }
  return std::nullopt;
}

}  // namespace longshore::control
