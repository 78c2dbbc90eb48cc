#pragma once

#include "agent/core/task_state.hpp"

namespace longshore::engine {

/// One line for each container that changed its phase, and one when the task's status changed.
void log_transitions(const core::TaskState& before, const core::TaskState& after);

}  // namespace longshore::engine
