#include "agent/standalone/cluster_state.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace longshore::standalone {
namespace {

template <typename Thing>
Thing* find_by_id(std::map<std::string, Thing>& things, const Cluster& cluster,
                  const std::string& id_or_arn) {
  const auto exact = things.find(id_or_arn);
  if (exact != things.end()) {
    return exact->second.cluster == cluster.name ? &exact->second : nullptr;
  }
  for (auto& [arn, thing] : things) {
    if (thing.cluster == cluster.name && last_segment(arn) == id_or_arn) return &thing;
  }
  return nullptr;
}

}  // namespace

ApiResult<Cluster*> find_cluster(ClusterState& state, const std::string& name_or_arn) {
  const std::string name =
      name_or_arn.empty() ? std::string("default") : std::string(last_segment(name_or_arn));
  const auto found = state.clusters.find(name);
  if (found == state.clusters.end()) {
    return refuse({"ClusterNotFoundException", "Cluster not found.", 400});
  }
  return &found->second;
}

ContainerInstance* find_instance(ClusterState& state, const Cluster& cluster,
                                 const std::string& id_or_arn) {
  return find_by_id(state.instances, cluster, id_or_arn);
}

Task* find_task(ClusterState& state, const Cluster& cluster, const std::string& id_or_arn) {
  return find_by_id(state.tasks, cluster, id_or_arn);
}

std::shared_ptr<TaskDefinition> find_definition(const ClusterState& state, std::string_view name) {
  name = last_segment(name);
  const auto colon = name.rfind(':');
  const auto family = state.definitions.find(std::string(name.substr(0, colon)));
  if (family == state.definitions.end()) return nullptr;
  if (colon == std::string_view::npos) {
    const auto& revisions = family->second;
    const auto newest = std::find_if(revisions.rbegin(), revisions.rend(),
                                     [](const auto& entry) { return entry.second->active; });
    return newest == revisions.rend() ? nullptr : newest->second;
  }
  int revision = 0;
  const std::string_view digits = name.substr(colon + 1);
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, revision);
  if (error != std::errc() || rest != end) return nullptr;
  const auto found = family->second.find(revision);
  return found == family->second.end() ? nullptr : found->second;
}

void note_raw_tasks(ClusterState& state, const nlohmann::json& tasks) {
  if (!tasks.is_array()) return;
  for (const nlohmann::json& task : tasks) {
    const auto text = [&](const char* name) {
      return task.is_object() && task.contains(name) && task[name].is_string()
                 ? task[name].get<std::string>()
                 : std::string();
    };
    const std::string arn = text("arn");
    if (arn.empty() || state.tasks.contains(arn)) continue;
    if (state.raw_tasks.size() >= kMaxLiveTasks) state.raw_tasks.erase(state.raw_tasks.begin());
    state.raw_tasks[arn] = text("desiredStatus");
  }
}

void forget_old_tasks(ClusterState& state, WallTime now) {
  std::vector<std::pair<WallTime, std::string>> stopped;
  for (auto task = state.tasks.begin(); task != state.tasks.end();) {
    const auto& stopped_at = task->second.stopped_at;
    if (stopped_at && *stopped_at + kKeepStopped <= now) {
      task = state.tasks.erase(task);
      continue;
    }
    if (stopped_at) stopped.emplace_back(*stopped_at, task->first);
    ++task;
  }
  if (stopped.size() > kMaxStoppedTasks) {
    std::sort(stopped.begin(), stopped.end());
    for (std::size_t i = 0; i < stopped.size() - kMaxStoppedTasks; ++i) {
      state.tasks.erase(stopped[i].second);
    }
  }
  std::erase_if(state.run_tokens, [&](const auto& entry) {
    return std::none_of(entry.second.begin(), entry.second.end(),
                        [&](const std::string& arn) { return state.tasks.contains(arn); });
  });
}

}  // namespace longshore::standalone
