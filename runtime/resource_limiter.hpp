#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ids.hpp"
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

/// A task's group as list() found it.
struct TaskGroup {
  std::string task_id{};
  bool has_processes = false;  ///< In the group itself or in one below it.
  friend bool operator==(const TaskGroup&, const TaskGroup&) = default;
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
  /// Removes the task's group in every hierarchy. Gone is success, and so is an id that no group
  /// can have; Conflict while processes remain.
  virtual boost::asio::awaitable<Status> remove(std::string task_id) = 0;
  /// The last resort against a container that the engine cannot end: the kernel kills every process
  /// in the container's own group and below it, frozen ones too. Success: none is left. Safe to
  /// repeat. Errors: NotFound (no such group: the container is not running), Timeout (processes
  /// that cannot die now remain after 2 s; says how many), PermissionDenied, InvalidInput,
  /// Unavailable (a kernel without pidfds).
  virtual boost::asio::awaitable<Status> kill(std::string task_id, ContainerId container) = 0;
  /// The tasks that have a group here, in the order of their ids, those of earlier runs of the
  /// agent too; at most 10,000. Errors: PermissionDenied, Unavailable.
  virtual boost::asio::awaitable<Result<std::vector<TaskGroup>>> list() = 0;
};

}  // namespace longshore::runtime
