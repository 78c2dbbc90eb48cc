#pragma once

#include <filesystem>
#include <vector>

#include "agent/base/result.hpp"
#include "runtime/resource_limiter.hpp"

namespace longshore::runtime::cgroup {

/// The task groups right below `roots` (one root in each hierarchy), each once, by task id. What is
/// not named like a task is left out; so are those beyond 10,000. A root that does not exist has
/// none. Errors: PermissionDenied, Internal. Blocks: for a lane.
Result<std::vector<TaskGroup>> list_groups(const std::vector<std::filesystem::path>& roots);

}  // namespace longshore::runtime::cgroup
