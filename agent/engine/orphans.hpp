#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/engine/task_table.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/resource_limiter.hpp"

namespace longshore::engine {

/// What becomes of containers with our labels that belong to no task of ours
/// (`longshore: orphans:`).
struct OrphanPolicy {
  bool remove = false;   ///< Else they are reported and kept.
  bool dry_run = false;  ///< Says what it would remove, and removes nothing.
};

/// Containers with our labels whose task is not known, or whose task knows neither their id nor
/// their name. `cluster` is ours: what carries another cluster's label is another agent's.
std::vector<runtime::ContainerState> orphans_among(
    const std::vector<runtime::ContainerState>& shown, const TaskTable& tasks,
    const std::string& cluster);

/// Task ids of groups with processes in them whose task is not known. They may be another agent's,
/// since groups carry no labels: for people to judge.
std::vector<std::string> strange_groups(const std::vector<runtime::TaskGroup>& groups,
                                        const TaskTable& tasks);

/// Tasks that are over, and in whose groups processes live.
std::vector<TaskArn> undead_tasks(const std::vector<runtime::TaskGroup>& groups,
                                  const TaskTable& tasks);

/// Treats orphans as the policy says, once each. A thing counts as one only after it was found so
/// for 30 s: a task's record and its containers do not come in one moment. On the event loop.
class OrphanKeeper {
 public:
  OrphanKeeper(boost::asio::any_io_executor executor, Clock& clock,
               runtime::ContainerRuntime& runtime, OrphanPolicy policy);

  /// Takes in what a comparison found: all of them.
  void found(const std::vector<runtime::ContainerState>& orphans);

 private:
  struct Entry {
    SteadyTime since{};
    bool told = false;
    bool removing = false;
  };
  boost::asio::awaitable<void> remove(ContainerId id);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  runtime::ContainerRuntime& runtime_;
  OrphanPolicy policy_;
  std::map<ContainerId, Entry> known_;
};

}  // namespace longshore::engine
