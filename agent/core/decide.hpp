#pragma once

#include <vector>

#include "agent/core/action.hpp"
#include "agent/core/event.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::core {

struct Decision {
  TaskState next{};
  std::vector<Action> actions{};  ///< To be run in this order.
};

/// What a task does next. Total: defined for every state and event; late, early and repeated
/// events change nothing. After every event the whole task is looked at again, so a dependant
/// moves in the same step in which its condition comes true.
Decision decide(TaskState now, const Event& event);

/// Puts a task loaded from disk back in motion: steps that a crash or a restart may have cut off
/// are started again, and containers that should run are looked at.
Decision resume(TaskState loaded, WallTime now);

/// The STOPPED report of a task that has ended, made anew from what is left of it.
TaskChange report_of_end(const TaskState& task);

}  // namespace longshore::core
