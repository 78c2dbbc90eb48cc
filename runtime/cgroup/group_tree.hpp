#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore::runtime::cgroup {

/// What the kernel shows at a group's path in one hierarchy. All of it blocks: for a lane.

/// The group at `path` and all groups below it, those inside before those around them; empty when
/// it is gone. Errors: InvalidInput (deeper than 64 groups, or more than 10,000),
/// PermissionDenied, Internal.
Result<std::vector<std::filesystem::path>> groups_at(const std::filesystem::path& path);

/// The processes in this group itself, at most some 100,000 of them; none when it is gone, and none
/// in a threaded group, whose processes the group around it has. Errors: PermissionDenied,
/// Internal. Source: kernel Documentation/admin-guide/cgroup-v2.rst, cgroup.procs.
Result<std::vector<pid_t>> processes_in(const std::filesystem::path& group);

/// A failed call on a group's file or folder, by its errno.
Error group_error(const std::filesystem::path& path, int error_number);

}  // namespace longshore::runtime::cgroup
