#pragma once

#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/core/event.hpp"
#include "agent/core/task_state.hpp"
#include "agent/engine/engine_settings.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// Labels that tell whose a container is: the official agent's, and how a lost database is rebuilt.
inline constexpr const char* kTaskArnLabel = "com.amazonaws.ecs.task-arn";
inline constexpr const char* kContainerNameLabel = "com.amazonaws.ecs.container-name";
inline constexpr const char* kFamilyLabel = "com.amazonaws.ecs.task-definition-family";
inline constexpr const char* kVersionLabel = "com.amazonaws.ecs.task-definition-version";
inline constexpr const char* kClusterLabel = "com.amazonaws.ecs.cluster";

/// Why a request could not be made, under the name that ECS users know such a cause by.
struct RequestFailure {
  std::string name{};
  Error error{};
};

/// The engine's request for one container of a task, but for its ports: those are PortPicker's.
/// `image_environment` is the image's own ENV ("KEY=value"), which decides whether the region is
/// added. Failures: the container's own flaw, under its name and in its words;
/// DockerClientConfigError (a health check is asked for, but not described),
/// HostConfigError (nothing holds the namespaces to share), CannotCreateContainerError (privileged
/// although this host forbids it).
/// Source: amazon-ecs-agent:agent/api/task/task.go (dockerConfig, dockerHostConfig,
/// shouldOverridePIDMode, shouldOverrideIPCMode).
tl::expected<runtime::ContainerSpec, RequestFailure> to_runtime_spec(
    const core::TaskState& task, core::ContainerIndex container,
    const std::vector<std::string>& image_environment, std::string cgroup_parent,
    const EngineSettings& settings);

/// Whether the engine connects this container to a network, and so does not leave it with the
/// host's, another container's or none.
bool joins_network(const core::TaskSpec& task, const core::ContainerSpec& container);

}  // namespace longshore::engine
