#pragma once

#include <string>
#include <vector>

#include "agent/core/event.hpp"
#include "agent/core/task_state.hpp"
#include "agent/engine/engine_settings.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// Labels that tell whose a container is: the official agent's, and how a lost database is rebuilt.
inline constexpr const char* kTaskArnLabel = "com.amazonaws.ecs.task-arn";
inline constexpr const char* kContainerNameLabel = "com.amazonaws.ecs.container-name";

/// The engine's request for one container of a task. `image_environment` is the image's own ENV
/// ("KEY=value"), which decides whether the region is added.
/// Errors: InvalidInput (privileged although this host forbids it).
/// Source: amazon-ecs-agent:agent/api/task/task.go (dockerConfig, dockerHostConfig).
Result<runtime::ContainerSpec> to_runtime_spec(const core::TaskState& task,
                                               core::ContainerIndex container,
                                               const std::vector<std::string>& image_environment,
                                               std::string cgroup_parent,
                                               const EngineSettings& settings);

/// What an inspect means to the core.
core::Observation to_observation(const runtime::ContainerState& state);
core::Health to_health(runtime::HealthStatus status);

}  // namespace longshore::engine
