#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "agent/core/event.hpp"

namespace longshore::core {

/// "<name>: <text>", or "DockerTimeoutError: Could not transition to <step>; timed out after
/// waiting 4m0s" when a deadline passed. The names are what ECS users know and search for.
std::string named_reason(std::string_view name, std::string_view step, const Failure& failure);

/// Why a process that ended was worth a word: out of memory, or the engine's own error; else "".
std::string exit_reason(const Exit& exit);

/// Go's way of writing durations, as in the official agent's texts: "1m30s", "4m0s", "30s".
std::string go_duration(std::chrono::seconds duration);

}  // namespace longshore::core
