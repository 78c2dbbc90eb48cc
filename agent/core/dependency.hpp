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

/// For people: the conditions that `container` waits for, as "HEALTHY of db, SUCCESS of init".
/// Empty: none, or it is past them.
std::string awaited_conditions(const TaskState& task, ContainerIndex container);

/// True when no container that starts after `container`, directly or by way of others, is left:
/// only then may it be stopped. The official agent looks at the direct ones only, and stops a
/// database under its user when a job that has ended stood between them.
bool dependants_stopped(const TaskState& task, ContainerIndex container);

/// Whether the end of `container` by itself may begin something: its own next run, or a container
/// that waits for it.
bool end_begins_more(const TaskState& task, ContainerIndex container);

/// Refuses what could never start: an unknown name, a cycle, HEALTHY on a container without a
/// health check, a name used twice. Errors: InvalidInput.
Status check_order(const TaskSpec& spec);

}  // namespace longshore::core
