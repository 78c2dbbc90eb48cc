#include "agent/engine/orphans.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/engine/container_request.hpp"

namespace longshore::engine {
namespace {

constexpr std::chrono::seconds kOldEnough{30};
constexpr std::chrono::seconds kGrace{30};

std::string label(const runtime::ContainerState& container, const char* key) {
  const auto found = container.labels.find(key);
  return found == container.labels.end() ? std::string{} : found->second;
}

bool is_orphan(const runtime::ContainerState& shown, const TaskTable& tasks,
               const std::string& cluster) {
  if (label(shown, kClusterLabel) != cluster) return false;
  const core::TaskState* task = tasks.find(TaskArn(label(shown, kTaskArnLabel)));
  if (task == nullptr) return true;
  // A container whose create call has not answered yet is known by its name alone.
  return std::none_of(task->containers.begin(), task->containers.end(), [&](const auto& c) {
    return c.runtime_id == shown.id || c.runtime_name == shown.name;
  });
}

}  // namespace

std::vector<runtime::ContainerState> orphans_among(
    const std::vector<runtime::ContainerState>& shown, const TaskTable& tasks,
    const std::string& cluster) {
  std::vector<runtime::ContainerState> orphans;
  std::copy_if(shown.begin(), shown.end(), std::back_inserter(orphans),
               [&](const auto& container) { return is_orphan(container, tasks, cluster); });
  return orphans;
}

std::vector<std::string> strange_groups(const std::vector<runtime::TaskGroup>& groups,
                                        const TaskTable& tasks) {
  std::set<std::string, std::less<>> known;
  for (const auto& [arn, task] : tasks.all()) known.emplace(task_id(arn));
  std::vector<std::string> strange;
  for (const auto& group : groups) {
    if (group.has_processes && !known.contains(group.task_id)) strange.push_back(group.task_id);
  }
  return strange;
}

std::vector<TaskArn> undead_tasks(const std::vector<runtime::TaskGroup>& groups,
                                  const TaskTable& tasks) {
  std::set<std::string, std::less<>> alive;
  for (const auto& group : groups) {
    if (group.has_processes) alive.insert(group.task_id);
  }
  std::vector<TaskArn> undead;
  for (const auto& [arn, task] : tasks.all()) {
    const bool is_over = core::task_status(task) == core::ReportedStatus::Stopped;
    if (is_over && alive.contains(task_id(arn))) undead.push_back(arn);
  }
  return undead;
}

OrphanKeeper::OrphanKeeper(boost::asio::any_io_executor executor, Clock& clock,
                           runtime::ContainerRuntime& runtime, OrphanPolicy policy)
    : executor_(std::move(executor)), clock_(clock), runtime_(runtime), policy_(policy) {}

void OrphanKeeper::found(const std::vector<runtime::ContainerState>& orphans) {
  std::set<ContainerId> shown;
  const SteadyTime now = clock_.steady_now();
  const bool remove_them = policy_.remove && !policy_.dry_run;
  for (const auto& orphan : orphans) {
    shown.insert(orphan.id);
    Entry& entry = known_.try_emplace(orphan.id, Entry{.since = now}).first->second;
    if (now - entry.since < kOldEnough) continue;
    if (!std::exchange(entry.told, true)) {
      log_warn("a container with this agent's labels belongs to no task of it",
               {{"id", orphan.id},
                {"name", orphan.name},
                {"task_arn", label(orphan, kTaskArnLabel)},
                {"running", orphan.alive},
                {"action", remove_them      ? "removed"
                           : policy_.remove ? "would be removed (dry run)"
                                            : "kept"}});
    }
    if (remove_them && !std::exchange(entry.removing, true)) {
      spawn(executor_, "remove an orphan", remove(orphan.id));
    }
  }
  std::erase_if(known_, [&](const auto& entry) { return !shown.contains(entry.first); });
}

/// One that does not go is tried again when the next comparison shows it.
boost::asio::awaitable<void> OrphanKeeper::remove(ContainerId id) {
  Status done = co_await runtime_.stop(id, kGrace);
  if (!done) done = co_await runtime_.kill(id);
  if (done) done = co_await runtime_.remove(id);
  if (!done) log_debug("cannot remove an orphan", {{"id", id}, {"error", done.error().message}});
  const auto entry = known_.find(id);
  if (entry != known_.end()) entry->second.removing = false;
}

}  // namespace longshore::engine
