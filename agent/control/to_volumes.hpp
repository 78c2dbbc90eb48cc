#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// Where each volume of a task is, by its name: a path of the host, or nullopt for a volume that
/// the engine keeps.
using VolumePaths = std::map<std::string, std::optional<std::string>>;

/// A task's volumes as core means them.
struct TaskVolumes {
  VolumePaths paths{};
  std::vector<core::Volume> kept{};  ///< Those that the engine keeps.
};

/// Judges the task's `volumes`. A host volume without a path lives and ends with the task, and is
/// made if a container mounts it; a Docker volume is the task's own or, by any other word than
/// "task", shared. Pure. Errors as to_task().
/// Source: amazon-ecs-agent:agent/api/task/taskvolume.go, agent/api/task/task.go
/// (initializeDockerLocalVolumes), agent/taskresource/volume/dockervolume.go.
Result<TaskVolumes> to_volumes(const protocol::AcsTask& task);

}  // namespace longshore::control
