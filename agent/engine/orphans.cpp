#include "agent/engine/orphans.hpp"

#include <algorithm>
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

std::vector<Orphan> orphans_among(const std::vector<runtime::ContainerState>& shown,
                                  const TaskTable& tasks, const std::string& cluster) {
  std::vector<Orphan> orphans;
  for (const auto& container : shown) {
    if (!is_orphan(container, tasks, cluster)) continue;
    orphans.push_back({.kind = Orphan::Kind::Container,
                       .id = container.id.str(),
                       .name = container.name,
                       .alive = container.alive});
  }
  return orphans;
}

std::vector<Orphan> orphans_among(const std::vector<runtime::TaskGroup>& groups,
                                  const TaskTable& tasks) {
  std::set<std::string, std::less<>> known;
  for (const auto& [arn, task] : tasks.all()) known.emplace(task_id(arn));
  std::vector<Orphan> orphans;
  for (const auto& group : groups) {
    if (known.contains(group.task_id)) continue;
    orphans.push_back({.kind = Orphan::Kind::Group,
                       .id = group.task_id,
                       .name = group.task_id,
                       .alive = group.has_processes});
  }
  return orphans;
}

OrphanKeeper::OrphanKeeper(boost::asio::any_io_executor executor, Clock& clock,
                           runtime::ContainerRuntime& runtime, runtime::ResourceLimiter& limiter,
                           OrphanPolicy policy)
    : executor_(std::move(executor)),
      clock_(clock),
      runtime_(runtime),
      limiter_(limiter),
      policy_(policy) {}

void OrphanKeeper::found(Orphan::Kind kind, const std::vector<Orphan>& orphans) {
  auto& known = known_[kind];
  std::set<std::string> shown;
  const SteadyTime now = clock_.steady_now();
  for (const Orphan& orphan : orphans) {
    shown.insert(orphan.id);
    Entry& entry = known.try_emplace(orphan.id, Entry{.since = now}).first->second;
    if (entry.treated || now - entry.since < kOldEnough) continue;
    entry.treated = true;
    const bool remove_it = policy_.remove && !policy_.dry_run;
    log_warn(kind == Orphan::Kind::Container
                 ? "a container with this agent's labels belongs to no task of it"
                 : "a task's cgroup belongs to no task of this agent",
             {{"id", orphan.id},
              {"name", orphan.name},
              {"running", orphan.alive},
              {"action", remove_it        ? "removed"
                         : policy_.remove ? "would be removed (dry run)"
                                          : "kept"}});
    if (remove_it) spawn(executor_, "remove an orphan", remove(orphan));
  }
  std::erase_if(known, [&](const auto& entry) { return !shown.contains(entry.first); });
}

boost::asio::awaitable<void> OrphanKeeper::remove(Orphan orphan) {
  const Status removed = co_await remove_once(orphan);
  if (removed) co_return;
  log_warn("cannot remove an orphan, trying again with the next comparison",
           {{"id", orphan.id}, {"error", removed.error().message}});
  auto& known = known_[orphan.kind];
  const auto entry = known.find(orphan.id);
  if (entry != known.end()) entry->second.treated = false;
}

boost::asio::awaitable<Status> OrphanKeeper::remove_once(Orphan orphan) {
  if (orphan.kind == Orphan::Kind::Group) co_return co_await limiter_.remove(orphan.id);
  const ContainerId id(orphan.id);
  const Status stopped = co_await runtime_.stop(id, kGrace);
  if (!stopped) co_return stopped;
  co_return co_await runtime_.remove(id);
}

}  // namespace longshore::engine
