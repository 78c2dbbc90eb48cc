#include "agent/core/task_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace longshore::core {

namespace {

/// `name` without what the engine does not allow in its own names.
std::string plain(std::string_view name) {
  std::string kept;
  for (const char c : name) {
    const bool keep =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (keep) kept += c;
  }
  return kept;
}

bool lost_essential(const TaskState& task) {
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    if (task.spec->containers[i].essential && task.containers[i].phase == Phase::Stopped) {
      return true;
    }
  }
  return false;
}

}  // namespace

TaskState make_task(TaskSpec spec, const std::vector<ContainerSeed>& seeds,
                    std::vector<std::string> volume_names) {
  assert(seeds.size() == spec.containers.size());
  assert(volume_names.size() == spec.volumes.size());
  TaskState task;
  task.volume_names = std::move(volume_names);
  for (const ContainerSeed& seed : seeds) {
    ContainerState container;
    container.runtime_name = seed.runtime_name;
    container.endpoint_id = seed.endpoint_id;
    task.containers.push_back(std::move(container));
  }
  task.spec = std::make_shared<const TaskSpec>(std::move(spec));
  return task;
}

ReportedStatus task_status(const TaskState& task) {
  const auto all = [&](auto is) {
    return std::all_of(task.containers.begin(), task.containers.end(), is);
  };
  if (all([](const ContainerState& c) { return c.phase == Phase::Stopped; })) {
    return ReportedStatus::Stopped;
  }
  if (task.reported == ReportedStatus::Running) return ReportedStatus::Running;
  // Of a start that may have come to something (Running, and not seen), nobody says RUNNING.
  const bool came_up = all([](const ContainerState& c) {
    return c.phase == Phase::Stopped || (c.phase >= Phase::Running && c.started_at);
  });
  return came_up && !lost_essential(task) ? ReportedStatus::Running : ReportedStatus::Pending;
}

bool has_resources(const TaskState& task) {
  return task.resources == Resources::Ready && task_status(task) != ReportedStatus::Stopped;
}

TaskState without_resources(TaskState task) {
  task.resources = Resources::Creating;
  return task;
}

bool picks_host_port(const ContainerSpec& container) {
  return std::any_of(container.ports.begin(), container.ports.end(),
                     [](const PortMapping& port) { return port.host_port == 0; });
}

bool names_digest(const ContainerSpec& container) {
  return container.image.find('@') != std::string::npos;
}

std::string runtime_name(const TaskSpec& task, const ContainerSpec& container,
                         std::string_view suffix) {
  return fmt::format("ecs-{}-{}-{}-{}", task.family, task.version, plain(container.name.str()),
                     suffix);
}

std::string volume_name(const TaskSpec& task, const Volume& volume, std::string_view suffix) {
  if (volume.scope == VolumeScope::Shared) return volume.name;
  return fmt::format("ecs-{}-{}-{}-{}", task.family, task.version, volume.name, suffix);
}

}  // namespace longshore::core
