#pragma once

#include <string>
#include <vector>

#include "runtime/resource_limiter.hpp"

namespace longshore::runtime::cgroup {

/// One value for one file of a group.
struct LimitFile {
  std::string controller{};  ///< "cpu"
  std::string file{};        ///< "cpu.cfs_quota_us"
  std::string value{};
  friend bool operator==(const LimitFile&, const LimitFile&) = default;
};

/// What `limits` means in the kernel's files, in the order of writing. `version` is 1 or 2.
///
/// v1: a quota of cpu_vcpus times the period, or cpu.shares in 2..262144; memory.limit_in_bytes
/// after memory.use_hierarchy (kernels before 5.11 count only the group itself without it);
/// pids.max. v2: cpu.max with a quota that is a multiple of 10 ms a second, rounded up, or
/// cpu.weight in 1..10000; memory.max; pids.max. Sources:
/// amazon-ecs-agent:agent/taskresource/cgroup and agent/api/task/task_linux.go; kernel
/// Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
std::vector<LimitFile> limit_files(const TaskLimits& limits, int version);

}  // namespace longshore::runtime::cgroup
