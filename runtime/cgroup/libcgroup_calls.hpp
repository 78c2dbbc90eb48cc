#pragma once

#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "runtime/cgroup/limit_files.hpp"

namespace longshore::runtime::cgroup {

/// libcgroup 2.0.2. Its calls block and share state: one lane with one thread makes them all.

/// Creates the group `name` ("ecs/<id>", no slash in front) in the hierarchy of each controller,
/// parents too, and writes `files`. On v2 it also gives the controllers down from the parents. An
/// existing group is written to.
/// Errors: PermissionDenied, InvalidInput (the kernel refuses a value), Unavailable (a controller
/// or a file is not there). The group may be left behind half made; see remove_group().
Status create_group(const std::string& name, const std::vector<std::string>& controllers,
                    const std::vector<LimitFile>& files);

}  // namespace longshore::runtime::cgroup
