#pragma once

#include "agent/base/result.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// A wire task as core means it. This is the second stage of decoding: types were right, now the
/// values are judged. A pidMode or ipcMode that nobody knows is taken for none. What is found when
/// a task is taken over is passed by: find_refusal() and core look at that. Pure. Errors, with the
/// member's path, its value and the accepted form:
/// InvalidInput for a value that ACS cannot have meant, Conflict for a task that was understood and
/// cannot run: it contradicts itself, is too large, or needs what this version does not have.
Result<core::TaskSpec> to_task(const protocol::AcsTask& wire);

/// Whether `desiredStatus` asks for the end of the task. Errors: InvalidInput for a word that is
/// none of ECS's. Empty means NONE, which is not an end.
Result<bool> wants_stop(const protocol::AcsTask& wire);

}  // namespace longshore::control
