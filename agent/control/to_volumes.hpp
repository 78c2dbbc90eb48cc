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

/// Judges `volumes`. A host volume without a path lives and ends with the task; a Docker volume is
/// the task's own or shared. Pure. Errors as to_task().
/// Source: amazon-ecs-agent:agent/api/task/taskvolume.go,
/// agent/taskresource/volume/dockervolume.go.
Result<TaskVolumes> to_volumes(const std::vector<protocol::AcsVolume>& wire);

}  // namespace longshore::control
