#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore::runtime {

/// One mounted cgroup hierarchy.
struct CgroupHierarchy {
  int version = 1;            ///< 1 or 2.
  std::string mount_point{};  ///< "/sys/fs/cgroup/cpu,cpuacct"
  /// v1: what is attached, "cpu" and "cpuacct", or "name=systemd". Empty on v2, which says in its
  /// own cgroup.controllers what it offers.
  std::vector<std::string> controllers{};
  friend bool operator==(const CgroupHierarchy&, const CgroupHierarchy&) = default;
};

/// Where the kernel shows its cgroups. Hosts mount controllers together, apart or in one v2 tree,
/// so nothing may assume a path.
class CgroupMounts {
 public:
  explicit CgroupMounts(std::vector<CgroupHierarchy> hierarchies);

  /// 2 when no v1 controller is mounted, else 1: also on hybrid hosts, whose v2 tree has no cpu
  /// and no memory controller.
  [[nodiscard]] int version() const;
  /// Mount point of the hierarchy that `controller` ("cpu", "memory", …) belongs to, or empty when
  /// it has none. On version 2 every controller has the one tree's mount point.
  [[nodiscard]] std::string path_for(std::string_view controller) const;
  /// Every hierarchy once, in the order of mounting, the v2 tree of a hybrid host too.
  [[nodiscard]] const std::vector<CgroupHierarchy>& hierarchies() const { return hierarchies_; }

 private:
  std::vector<CgroupHierarchy> hierarchies_;
};

/// Reads the text of /proc/self/mountinfo. A hierarchy mounted more than once (bind mounts into
/// containers) counts where its root is shown, else where it was mounted first.
/// Errors: InvalidInput (not mountinfo; names the line), Unavailable (no cgroups mounted).
/// Source: proc(5), /proc/pid/mountinfo; cgroups(7).
Result<CgroupMounts> parse_cgroup_mounts(std::string_view mountinfo);

}  // namespace longshore::runtime
