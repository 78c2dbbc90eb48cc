#pragma once

#include <string>

#include "agent/core/event.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::core {

/// A container as the official agent's texts show it: "init(busybox:1) (STOPPED->RUNNING) - Exit:
/// 1", with its known and its desired status. Source: amazon-ecs-agent:agent/api/container
/// (Container.String).
std::string official_text(const TaskState& task, ContainerIndex container);

}  // namespace longshore::core
