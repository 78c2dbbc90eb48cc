#pragma once

#include <string_view>

#include "agent/base/result.hpp"
#include "agent/base/strong_string.hpp"

namespace longshore {

/// "arn:aws:ecs:<region>:<account>:task/<cluster>/<id>" (or the old form ".../task/<id>").
using TaskArn = StrongString<struct TaskArnTag>;
/// A container's name in its task definition: unique within the task.
using ContainerName = StrongString<struct ContainerNameTag>;
/// The engine's id of a container: 64 lower-case hex digits on Docker.
using ContainerId = StrongString<struct ContainerIdTag>;
/// The host's identity in its cluster, given by RegisterContainerInstance.
using ContainerInstanceArn = StrongString<struct ContainerInstanceArnTag>;

/// The last path segment: "8b6c3f0e…" of a task ARN. The whole text if it has no '/'.
std::string_view task_id(const TaskArn& arn);

}  // namespace longshore
