#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/base/ids.hpp"
#include "agent/control/acs_handler.hpp"
#include "agent/core/decide.hpp"

namespace longshore::engine {

/// Where a container of the engine belongs.
struct ContainerKey {
  TaskArn task{};
  core::ContainerIndex container = 0;
  friend auto operator<=>(const ContainerKey&, const ContainerKey&) = default;
  friend bool operator==(const ContainerKey&, const ContainerKey&) = default;
};

/// What a decision asked for and is not on disk yet.
struct Unsaved {
  std::set<TaskArn> changed{};                              ///< Tasks to write.
  std::vector<std::pair<TaskArn, core::Action>> actions{};  ///< To run after that, in order.
  std::vector<core::TaskChange> reports{};
  [[nodiscard]] bool empty() const { return changed.empty() && actions.empty() && reports.empty(); }
};

/// All tasks of this host, as the core sees them. Plain data with an index; decides nothing.
class TaskTable {
 public:
  void insert(core::TaskState task);
  void erase(const TaskArn& arn);
  [[nodiscard]] const core::TaskState* find(const TaskArn& arn) const;
  [[nodiscard]] std::optional<ContainerKey> find(const ContainerId& id) const;
  [[nodiscard]] const std::map<TaskArn, core::TaskState>& all() const { return tasks_; }

  /// Lets the core decide and keeps what it wants done. An unknown task changes nothing.
  void apply(const TaskArn& arn, const core::Event& event);
  /// As apply, for a task just loaded from disk.
  void resume(const TaskArn& arn, WallTime now);

  /// The task is written, although nothing was decided about it.
  void touch(const TaskArn& arn) { unsaved_.changed.insert(arn); }
  /// Every task is written: the disk has lost what it was given.
  void touch_all();
  /// A report that no decision makes is written and sent.
  void add_report(core::TaskChange change) { unsaved_.reports.push_back(std::move(change)); }

  /// Hands over everything decided since the last call.
  Unsaved take_unsaved();
  /// Puts back what could not be saved, in front of what came since.
  void put_back(Unsaved unsaved);
  [[nodiscard]] bool has_unsaved() const { return !unsaved_.empty(); }

 private:
  void adopt(const TaskArn& arn, const core::TaskState& before, core::Decision decision);

  std::map<TaskArn, core::TaskState> tasks_;
  std::unordered_map<ContainerId, ContainerKey> by_id_;
  Unsaved unsaved_;
};

}  // namespace longshore::engine
