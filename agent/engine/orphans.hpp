#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/engine/task_table.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/resource_limiter.hpp"

namespace longshore::engine {

/// What becomes of containers and cgroups of ours that belong to no task of ours
/// (`longshore: orphans:`).
struct OrphanPolicy {
  bool remove = false;   ///< Else they are reported and kept.
  bool dry_run = false;  ///< Says what it would remove, and removes nothing.
};

/// Something of ours that no task accounts for.
struct Orphan {
  enum class Kind { Container, Group };
  Kind kind = Kind::Container;
  std::string id{};    ///< Container id, or the task id that names a group.
  std::string name{};  ///< What people see: the container's name, or that of its task.
  bool alive = false;  ///< Processes are in it.
  friend bool operator==(const Orphan&, const Orphan&) = default;
};

/// Containers with our labels whose task is not known, or whose task knows neither their id nor
/// their name. `cluster` is ours: what carries another cluster's label is another agent's.
std::vector<Orphan> orphans_among(const std::vector<runtime::ContainerState>& shown,
                                  const TaskTable& tasks, const std::string& cluster);

/// Groups of tasks that are not known.
std::vector<Orphan> orphans_among(const std::vector<runtime::TaskGroup>& groups,
                                  const TaskTable& tasks);

/// Treats orphans as the policy says, once each. A thing counts as one only after it was found so
/// for 30 s: a task's record and its containers do not come in one moment. On the event loop.
class OrphanKeeper {
 public:
  OrphanKeeper(boost::asio::any_io_executor executor, Clock& clock,
               runtime::ContainerRuntime& runtime, runtime::ResourceLimiter& limiter,
               OrphanPolicy policy);

  /// Takes in what a comparison found: all orphans of one kind.
  void found(Orphan::Kind kind, const std::vector<Orphan>& orphans);

 private:
  struct Entry {
    SteadyTime since{};
    bool treated = false;
  };
  boost::asio::awaitable<void> remove(Orphan orphan);
  boost::asio::awaitable<Status> remove_once(Orphan orphan);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  runtime::ContainerRuntime& runtime_;
  runtime::ResourceLimiter& limiter_;
  OrphanPolicy policy_;
  std::map<Orphan::Kind, std::map<std::string, Entry>> known_;  ///< By kind and id.
};

}  // namespace longshore::engine
