#include "agent/engine/orphans.hpp"

#include <algorithm>
#include <set>

#include "agent/engine/container_request.hpp"

namespace longshore::engine {
namespace {

constexpr std::chrono::seconds kOldEnough{30};

std::string label(const runtime::ContainerState& container, const char* key) {
  const auto found = container.labels.find(key);
  return found == container.labels.end() ? std::string{} : found->second;
}

}  // namespace

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

void OrphanList::update(const std::vector<runtime::ContainerState>& orphans, SteadyTime now) {
  std::set<ContainerId> shown;
  for (const auto& container : orphans) {
    shown.insert(container.id);
    Entry& entry = entries_.try_emplace(container.id, Entry{.since = now}).first->second;
    entry.container = container;
  }
  std::erase_if(entries_, [&](const auto& entry) { return !shown.contains(entry.first); });
}

std::vector<runtime::ContainerState> OrphanList::take_due(SteadyTime now) {
  std::vector<runtime::ContainerState> due;
  for (auto& [id, entry] : entries_) {
    if (entry.taken || now - entry.since < kOldEnough) continue;
    entry.taken = true;
    due.push_back(entry.container);
  }
  return due;
}

void OrphanList::give_back(const ContainerId& id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) found->second.taken = false;
}

}  // namespace longshore::engine
