#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore::runtime::cgroup {

/// Sends SIGKILL to every process in the groups at `paths` (one container's, one in each hierarchy)
/// and below them, and lets frozen ones go so that they can die. Returns how many processes are
/// left: they die a moment later, or, in uninterruptible sleep, when that ends. Call it again
/// until none is left; processes that are born meanwhile are met then.
///
/// By cgroup.kill where there is one (Linux 5.14, a v2 hierarchy, which hybrid v1 hosts have too).
/// Else by pidfd, each process held first and signalled only if it is in its group after that, so
/// that a number in use again never costs another process its life.
/// Errors: NotFound (none of the groups exists), PermissionDenied, InvalidInput (too many groups,
/// see groups_at), Unavailable (Linux before 5.3), Internal. Blocks: for a lane.
/// Sources: kernel Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/freezer-subsystem.rst.
Result<std::size_t> kill_groups(const std::vector<std::filesystem::path>& paths);

/// Sends SIGKILL to those of `pids` that are in `group` itself once each is held by a pidfd; as
/// many descriptors are open meanwhile. Errors and blocking as above.
Status kill_members(const std::filesystem::path& group, std::span<const pid_t> pids);

}  // namespace longshore::runtime::cgroup
