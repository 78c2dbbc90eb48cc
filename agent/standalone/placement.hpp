#pragma once

#include <optional>
#include <string>

#include "agent/standalone/cluster_state.hpp"

namespace longshore::standalone {

/// What a task takes from its host: the task's size where given, else the sum of its containers'
/// cpu and of their memoryReservation (memory where absent), and its fixed host ports.
Resources resources_of(const TaskDefinition& definition, const nlohmann::json& overrides);

/// What `instance` has left beside its tasks that have not stopped. Ports: those in use.
Resources remaining_resources(const ClusterState& state, const ContainerInstance& instance);

/// Why a task cannot run on a host, in ECS's words ("RESOURCE:MEMORY", "AGENT", "ATTRIBUTE").
struct Misfit {
  std::string reason{};
  std::string detail{};
};

/// nullopt when a task of this definition fits on `instance` now.
std::optional<Misfit> find_misfit(const ClusterState& state, const ContainerInstance& instance,
                                  const TaskDefinition& definition, const Resources& needs);

}  // namespace longshore::standalone
