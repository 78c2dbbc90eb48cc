#include "agent/engine/rebuild.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

#include "agent/engine/container_request.hpp"
#include "agent/engine/observation.hpp"

namespace longshore::engine {
namespace {

using Shown = runtime::ContainerState;

constexpr std::int64_t kBytesPerMib = 1'048'576;
/// What a task's record may hold of CPU units or MiB.
constexpr std::int64_t kMostAmount = std::int64_t{1} << 30;
constexpr const char* kCutShort =
    "CannotStartContainerError: the agent's record of the task was lost before the container was "
    "started";

std::string label(const Shown& container, const char* key) {
  const auto found = container.labels.find(key);
  return found == container.labels.end() ? std::string{} : found->second;
}

/// The id names a cgroup, too: nothing but what ids are made of may pass.
bool is_task_arn(const std::string& text) {
  const TaskArn arn(text);
  const std::string_view id = task_id(arn);
  return text.starts_with("arn:") && text.find(":task/") != std::string::npos && !id.empty() &&
         std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

/// Of two of one name, the one that the task is about sorts later.
auto weight(const Shown& container) {
  return std::tuple(container.alive, container.started_at.value_or(WallTime{}), container.id);
}

/// In the order of their starts; those never started come last.
bool starts_before(const Shown* one, const Shown* other) {
  const auto rank = [](const Shown* c) {
    return std::tuple(!has_run(*c), c->started_at.value_or(WallTime{}), c->name);
  };
  return rank(one) < rank(other);
}

bool is_pause(const Shown& container) {
  return label(container, kContainerNameLabel) == core::kNamespacePauseName;
}

/// Created, and neither started nor refused: its start was still to come.
bool was_on_its_way(const Shown& container) {
  return !has_run(container) && container.error.empty();
}

core::ContainerSpec spec_of(const Shown& shown, bool others_live) {
  core::ContainerSpec spec;
  spec.name = ContainerName(label(shown, kContainerNameLabel));
  spec.image = shown.image;
  spec.essential = shown.alive || was_on_its_way(shown) || !others_live;
  spec.cpu_units = std::clamp(shown.cpu_shares, std::int64_t{0}, kMostAmount);
  spec.memory_mib = std::clamp(shown.memory_bytes / kBytesPerMib, std::int64_t{0}, kMostAmount);
  spec.has_health_check = shown.health != runtime::HealthStatus::None;
  if (is_pause(shown)) spec.kind = core::ContainerKind::NamespacePause;
  for (const auto& port : shown.ports) {
    const core::PortMapping mapping{.container_port = port.container_port,
                                    .host_port = port.host_port,
                                    .protocol = port.protocol};
    // The engine shows one for each address.
    if (std::find(spec.ports.begin(), spec.ports.end(), mapping) == spec.ports.end()) {
      spec.ports.push_back(mapping);
    }
  }
  return spec;
}

/// What has run is looked at by resume(), which then finds out how it ended.
core::ContainerState state_of(const Shown& shown) {
  core::ContainerState state;
  state.runtime_name = shown.name;
  state.runtime_id = shown.id;
  state.started_at = shown.started_at;
  state.health = to_health(shown.health);
  state.phase = has_run(shown) ? core::Phase::Running : core::Phase::Starting;
  if (has_run(shown)) return state;
  state.stop_requested = true;
  state.reason = shown.error.empty() ? kCutShort : "CannotStartContainerError: " + shown.error;
  return state;
}

core::TaskState rebuild(const TaskArn& arn, std::vector<const Shown*> shown) {
  std::sort(shown.begin(), shown.end(), starts_before);
  const bool others_live = std::any_of(shown.begin(), shown.end(),
                                       [](const Shown* c) { return c->alive && !is_pause(*c); });
  const bool was_up =
      std::none_of(shown.begin(), shown.end(), [](const Shown* c) { return was_on_its_way(*c); });
  core::TaskSpec spec;
  spec.arn = arn;
  spec.family = label(*shown.front(), kFamilyLabel);
  spec.version = label(*shown.front(), kVersionLabel);
  const auto normal =
      std::find_if(shown.begin(), shown.end(), [](const Shown* c) { return !is_pause(*c); });
  if (normal != shown.end()) spec.network_mode = (*normal)->network_mode;
  core::TaskState task;
  const core::ContainerSpec* last_alive = nullptr;
  spec.containers.reserve(shown.size());
  for (const Shown* c : shown) {
    core::ContainerSpec& container = spec.containers.emplace_back(spec_of(*c, others_live));
    task.containers.push_back(state_of(*c));
    if (!c->alive) continue;
    if (last_alive != nullptr) {
      container.depends_on.push_back({last_alive->name, core::DependencyCondition::Start});
    }
    last_alive = &container;
  }
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  task.admitted = true;
  // Making it again would lift the limits that it has.
  task.resources = core::Resources::Ready;
  if (was_up) task.reported = core::ReportedStatus::Running;
  return task;
}

}  // namespace

std::optional<TaskArn> labelled_task(const Shown& container, const std::string& cluster) {
  if (label(container, kClusterLabel) != cluster) return std::nullopt;
  if (label(container, kContainerNameLabel).empty()) return std::nullopt;
  std::string arn = label(container, kTaskArnLabel);
  return is_task_arn(arn) ? std::optional<TaskArn>(std::move(arn)) : std::nullopt;
}

std::vector<Shown> created_since(std::vector<Shown> containers, WallTime since) {
  std::erase_if(containers, [&](const Shown& c) { return !c.created_at || *c.created_at < since; });
  return containers;
}

WallTime after_creation(const std::vector<Shown>& containers, WallTime since) {
  for (const Shown& container : containers) {
    if (!container.created_at) continue;
    since = std::max(since, *container.created_at + std::chrono::milliseconds{1});
  }
  return since;
}

std::vector<core::TaskState> rebuild_tasks(const std::vector<Shown>& containers) {
  std::map<TaskArn, std::map<std::string, const Shown*>> found;
  for (const Shown& container : containers) {
    const Shown*& place =
        found[TaskArn(label(container, kTaskArnLabel))][label(container, kContainerNameLabel)];
    if (place == nullptr || weight(*place) < weight(container)) place = &container;
  }
  std::vector<core::TaskState> tasks;
  for (const auto& [arn, by_name] : found) {
    std::vector<const Shown*> shown;
    for (const auto& [name, container] : by_name) shown.push_back(container);
    tasks.push_back(rebuild(arn, std::move(shown)));
  }
  return tasks;
}

}  // namespace longshore::engine
