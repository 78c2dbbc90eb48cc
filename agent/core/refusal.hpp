#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/base/error.hpp"
#include "agent/core/task_spec.hpp"

namespace longshore::core {

/// Why a task is not taken over. Its one report is STOPPED, without containers.
struct Refusal {
  std::string reason{};  ///< As ECS users read it.
  std::string cause{};   ///< For the log: what exactly is wrong.
};

/// What stands before the cause where something that the task needs cannot be had.
std::string unready_resource(const TaskArn& task);
/// Where its containers wait for what never comes.
std::string unresolved_order(const TaskArn& task);

/// Whether a new task can never run as it is: a container may have more memory than the whole task
/// (where tasks are held to it, `task_limits`), which would show as an out-of-memory kill much
/// later, or the order of its containers cannot be (check_order).
/// Source of the words: amazon-ecs-agent:agent/api/task/task_linux.go (buildLinuxMemorySpec),
/// agent/engine/docker_task_engine.go (AddTask).
std::optional<Refusal> find_refusal(const TaskSpec& task, bool task_limits);

/// What the container engine shows of a volume.
struct PresentVolume {
  std::map<std::string, std::string> driver_options{};
  std::map<std::string, std::string> labels{};
};

/// Why a task may not use a shared volume: it is not there (NotFound) and the task may not make it,
/// or, where the two have to `match`, is there with other labels or driver options. One that the
/// task may not make is its operator's business, and always matches.
/// Source: amazon-ecs-agent:agent/api/task/task.go (addSharedVolumes); the words with it.
std::optional<std::string> find_volume_misfit(const Volume& wanted,
                                              const Result<PresentVolume>& present, bool match);

}  // namespace longshore::core
