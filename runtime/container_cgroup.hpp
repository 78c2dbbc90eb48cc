#pragma once

#include <string>
#include <string_view>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "runtime/cgroup_mounts.hpp"

namespace longshore::runtime {

/// Which files and which formulas apply; a hybrid host counts as V1.
enum class CgroupVersion { V1, V2 };

/// Directories that hold one container's accounting files.
struct ContainerCgroup {
  CgroupVersion version = CgroupVersion::V1;
  std::string cpu{};  ///< v1: of the cpuacct hierarchy. On v2 all three are the same.
  std::string memory{};
  std::string io{};  ///< Empty when the host has no blkio hierarchy (v1).
  friend bool operator==(const ContainerCgroup&, const ContainerCgroup&) = default;
};

/// Finds them from the text of /proc/<pid>/cgroup of any process in the container. A process that
/// has moved itself further down (an init that makes groups of its own) still leads to the
/// container's group: the one whose name has `id` in it.
/// Errors: NotFound (the process is in no group of a hierarchy we need), Unavailable (the hierarchy
/// is not mounted, or the group lies outside of what this process can see: "/../…").
/// Source: cgroups(7).
Result<ContainerCgroup> find_container_cgroup(std::string_view proc_pid_cgroup,
                                              const ContainerId& id, const CgroupMounts& mounts);

}  // namespace longshore::runtime
