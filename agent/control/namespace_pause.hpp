#pragma once

#include "agent/base/result.hpp"
#include "agent/core/task_spec.hpp"

namespace longshore::control {

/// The image of the container that holds the namespaces a task's containers share.
inline constexpr const char* kPauseImage = "amazon/amazon-ecs-pause:0.1.0";

/// Adds that container to a task whose pidMode or ipcMode is `task`, behind the others, and makes
/// every other wait for its start; by the same edges it ends last. Other tasks stay as they are.
/// Errors: Conflict when the task has a container of its own of that name.
Status add_namespace_pause(core::TaskSpec& task);

}  // namespace longshore::control
