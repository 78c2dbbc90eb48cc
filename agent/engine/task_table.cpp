#include "agent/engine/task_table.hpp"

#include <iterator>
#include <utility>

#include "agent/engine/transition_log.hpp"

namespace longshore::engine {
void TaskTable::insert(core::TaskState task) {
  const TaskArn arn = task.spec->arn;
  for (core::ContainerIndex i = 0; i < task.containers.size(); ++i) {
    if (!task.containers[i].runtime_id.empty()) by_id_[task.containers[i].runtime_id] = {arn, i};
  }
  tasks_.insert_or_assign(arn, std::move(task));
}

void TaskTable::erase(const TaskArn& arn) {
  const auto found = tasks_.find(arn);
  if (found == tasks_.end()) return;
  for (const auto& c : found->second.containers) by_id_.erase(c.runtime_id);
  tasks_.erase(found);
  unsaved_.changed.erase(arn);
}

const core::TaskState* TaskTable::find(const TaskArn& arn) const {
  const auto found = tasks_.find(arn);
  return found == tasks_.end() ? nullptr : &found->second;
}

std::optional<ContainerKey> TaskTable::find(const ContainerId& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? std::nullopt : std::optional(found->second);
}

void TaskTable::apply(const TaskArn& arn, const core::Event& event) {
  const core::TaskState* before = find(arn);
  if (before == nullptr) return;
  adopt(arn, *before, core::decide(*before, event));
}

void TaskTable::resume(const TaskArn& arn, WallTime now) {
  const core::TaskState* before = find(arn);
  if (before == nullptr) return;
  adopt(arn, *before, core::resume(*before, now));
}

void TaskTable::adopt(const TaskArn& arn, const core::TaskState& before, core::Decision decision) {
  log_transitions(before, decision.next);
  for (core::ContainerIndex i = 0; i < decision.next.containers.size(); ++i) {
    const ContainerId& id = decision.next.containers[i].runtime_id;
    const ContainerId& former = before.containers[i].runtime_id;
    if (id == former) continue;
    by_id_.erase(former);  // Late news of what was made anew is news of nobody.
    if (!id.empty()) by_id_[id] = {arn, i};
  }
  if (before != decision.next) unsaved_.changed.insert(arn);
  for (core::Action& action : decision.actions) {
    if (auto* report = std::get_if<core::action::Report>(&action)) {
      unsaved_.reports.push_back(std::move(report->change));
    } else {
      unsaved_.actions.emplace_back(arn, std::move(action));
    }
  }
  tasks_[arn] = std::move(decision.next);
}

void TaskTable::touch_all() {
  for (const auto& [arn, task] : tasks_) touch(arn);
}

Unsaved TaskTable::take_unsaved() { return std::exchange(unsaved_, {}); }

void TaskTable::put_back(Unsaved unsaved) {
  unsaved.changed.merge(unsaved_.changed);
  std::move(unsaved_.actions.begin(), unsaved_.actions.end(), std::back_inserter(unsaved.actions));
  std::move(unsaved_.reports.begin(), unsaved_.reports.end(), std::back_inserter(unsaved.reports));
  unsaved_ = std::move(unsaved);
}

}  // namespace longshore::engine
