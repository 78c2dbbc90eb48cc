#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/standalone/cluster_state.hpp"

namespace longshore::standalone {

/// A task as DescribeTasks and RunTask show it.
nlohmann::json describe_task(const ClusterState& state, const Task& task, bool with_tags);

/// A container instance as DescribeContainerInstances shows it; `with_health` adds healthStatus.
nlohmann::json describe_instance(const ClusterState& state, const ContainerInstance& instance,
                                 bool with_tags, bool with_health);

}  // namespace longshore::standalone
