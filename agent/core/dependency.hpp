#pragma once

#include <string>

#include "agent/base/result.hpp"
#include "agent/core/event.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::core {

/// Where a container stands with all it depends on.
enum class DependencyState { Met, Waiting, Impossible };

struct DependencyVerdict {
  DependencyState state = DependencyState::Met;
  std::string cause{};  ///< For people, when Impossible.
};

/// Whether everything `container` waits for has come, may come, or never will.
DependencyVerdict check_dependencies(const TaskState& task, ContainerIndex container);

/// True when no container that needs `container` is left: only then may it be stopped.
bool dependants_stopped(const TaskState& task, ContainerIndex container);

/// Refuses what could never start: an unknown name, a cycle, HEALTHY on a container without a
/// health check, a name used twice. Errors: InvalidInput.
Status check_order(const TaskSpec& spec);

}  // namespace longshore::core
