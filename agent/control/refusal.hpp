#pragma once

#include <optional>
#include <string>

#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// Why a task that could be read is not taken over: the whole reason of its one report, STOPPED
/// without containers. nullopt: nothing is found here. Found are links and volumesFrom that lead to
/// no container, links of more than two parts, and volumes of the task's own that are to be there
/// already ("resource cannot be initialized for task <ARN>: …"), and waits for a condition that
/// nobody knows ("Task dependencies cannot be resolved, taskArn: <ARN>"). Pure. For
/// to_payload_tasks. Source: amazon-ecs-agent:agent/api/task/task.go (initializeContainerOrdering,
/// initializeVolumes), agent/taskresource/volume/dockervolume.go (NewVolumeResource),
/// agent/engine/dependencygraph/graph.go (ValidDependencies).
std::optional<std::string> find_misfit(const protocol::AcsTask& task);

}  // namespace longshore::control
