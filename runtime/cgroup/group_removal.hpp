#pragma once

#include <filesystem>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore::runtime::cgroup {

/// Removes the groups at `paths` (one in each hierarchy) with the groups inside them. First looks
/// for processes in all of them and touches nothing when there is one. Gone is success.
///
/// By rmdir, not by libcgroup: that moves living processes to the parent on v1, where they escape
/// their limits, while the kernel refuses to remove a group that has any.
/// Errors: Conflict (processes remain), PermissionDenied, InvalidInput (too many groups, see
/// groups_at), Internal. Blocks: for a lane.
Status remove_groups(const std::vector<std::filesystem::path>& paths);

}  // namespace longshore::runtime::cgroup
