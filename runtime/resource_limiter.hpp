#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/result.hpp"

namespace longshore::runtime {

/// Limits of all containers of one task together.
struct TaskLimits {
  double cpu_vcpus = 0;           ///< 0: no quota; `cpu_shares` applies.
  std::int64_t cpu_shares = 2;    ///< Sum of the containers' shares; used when cpu_vcpus is 0.
  std::int64_t memory_bytes = 0;  ///< 0: no limit.
  std::int64_t pids = 0;          ///< 0: no limit.
  std::chrono::microseconds cpu_period{100'000};
};

/// Holds a task's containers together under one cgroup. CgroupLimiter is the real one (libcgroup);
/// tests use FakeLimiter. Call from the event loop only.
class ResourceLimiter {
 public:
  virtual ~ResourceLimiter() = default;

  /// Checks that groups can be made here (creates the root group).
  /// Errors: PermissionDenied, Unavailable (no controllers).
  virtual boost::asio::awaitable<Status> prepare() = 0;
  /// What HostConfig.CgroupParent shall be for this task: "/ecs/<id>", or a slice name.
  virtual std::string cgroup_parent(std::string task_id) const = 0;
  /// Creates the task's group with its limits. Safe to repeat.
  /// Errors: PermissionDenied, InvalidInput (a value the kernel refuses), Unavailable.
  virtual boost::asio::awaitable<Status> create(std::string task_id, TaskLimits limits) = 0;
  /// Removes the task's group in every hierarchy. Gone is success; Conflict while processes remain.
  virtual boost::asio::awaitable<Status> remove(std::string task_id) = 0;
};

}  // namespace longshore::runtime
