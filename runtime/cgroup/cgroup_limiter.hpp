#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "agent/base/lane.hpp"
#include "runtime/resource_limiter.hpp"

namespace longshore::runtime::cgroup {

/// What the engine says about its cgroups (RuntimeInfo), and where task groups shall be.
struct CgroupSettings {
  int version = 1;
  std::string driver = "cgroupfs";
  std::string root = "/ecs";  ///< Parent of the task groups, from each hierarchy's mount point.
};

/// Task groups in the kernel: v1, and v2 with the engine's cgroupfs driver. Groups are made with
/// libcgroup. All work runs on the lane, which must have one thread.
///
/// On an engine with the systemd driver prepare(), create() and list() give Unavailable and name
/// the setting that helps: systemd resets limits that it has not been told itself at the first
/// start and at every daemon-reload.
class CgroupLimiter final : public ResourceLimiter {
 public:
  CgroupLimiter(Lane& lane, CgroupSettings settings);

  boost::asio::awaitable<Status> prepare() override;
  std::string cgroup_parent(std::string task_id) const override;
  boost::asio::awaitable<Status> create(std::string task_id, TaskLimits limits) override;
  boost::asio::awaitable<Status> remove(std::string task_id) override;
  boost::asio::awaitable<Status> kill(std::string task_id, ContainerId container) override;
  boost::asio::awaitable<Result<std::vector<TaskGroup>>> list() override;

 private:
  Lane& lane_;
  CgroupSettings settings_;
};

}  // namespace longshore::runtime::cgroup
