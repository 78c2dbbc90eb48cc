#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/engine/task_table.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// What becomes of containers with our labels that belong to no task of ours (`longshore:
/// orphans:`).
struct OrphanPolicy {
  bool remove = false;   ///< Else they are reported and kept.
  bool dry_run = false;  ///< Says what it would remove, and removes nothing.
};

/// Whether nothing of ours accounts for a container with our labels: its task is not known, or the
/// task knows neither its id nor its name. `cluster` is ours: what carries another cluster's label
/// is another agent's.
bool is_orphan(const runtime::ContainerState& shown, const TaskTable& tasks,
               const std::string& cluster);

/// Orphans as the comparisons found them, and since when. A container counts as one only after it
/// was seen so for a while: a task's record and its containers do not come in one moment.
class OrphanList {
 public:
  /// Takes in one comparison's orphans.
  void update(const std::vector<runtime::ContainerState>& orphans, SteadyTime now);
  /// Those that are old enough and were not taken before.
  std::vector<runtime::ContainerState> take_due(SteadyTime now);
  /// Lets a container be taken once more, because its removal failed.
  void give_back(const ContainerId& id);

 private:
  struct Entry {
    runtime::ContainerState container{};
    SteadyTime since{};
    bool taken = false;
  };
  std::map<ContainerId, Entry> entries_;
};

}  // namespace longshore::engine
