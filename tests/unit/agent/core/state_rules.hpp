#pragma once

#include <cstddef>

#include "agent/core/task_state.hpp"

namespace longshore::core {

/// Tries every event in every state that `start` leads to, breadth first until `limit` states are
/// known, and checks the rules that hold over all of them. Small tasks only: the rules are about
/// pairs of containers, so two or three are enough. Returns how many states were met.
std::size_t explore(TaskState start, std::size_t limit);

}  // namespace longshore::core
