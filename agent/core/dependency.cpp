#include "agent/core/dependency.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace longshore::core {
namespace {

std::optional<ContainerIndex> find(const TaskSpec& spec, const ContainerName& name) {
  for (ContainerIndex i = 0; i < spec.containers.size(); ++i) {
    if (spec.containers[i].name == name) return i;
  }
  return std::nullopt;
}

bool depends_on(const ContainerSpec& spec, const ContainerName& name) {
  return std::any_of(spec.depends_on.begin(), spec.depends_on.end(),
                     [&](const Dependency& d) { return d.container == name; });
}

DependencyVerdict impossible(std::string cause) {
  return {DependencyState::Impossible, std::move(cause)};
}

bool ended(const ContainerState& c) { return c.phase == Phase::Stopped; }
bool ran(const ContainerState& c) { return c.started_at.has_value(); }

/// A container whose host port is picked here is made anew, with all that was made from it in vain,
/// if that port turns out to be taken at its start.
bool may_be_made_anew(const ContainerSpec& spec) {
  return std::any_of(spec.ports.begin(), spec.ports.end(),
                     [](const PortMapping& port) { return port.host_port == 0; });
}

/// `name` never runs, although something waits for it to.
bool never_starts(const ContainerState& c) { return !ran(c) && (ended(c) || c.stop_requested); }

DependencyVerdict check_one(const ContainerSpec& spec, const ContainerState& on,
                            const Dependency& dependency) {
  const std::string& name = dependency.container.str();
  if (never_starts(on)) return impossible("dependency " + name + " did not start");
  const auto met = [](bool yes) {
    return DependencyVerdict{yes ? DependencyState::Met : DependencyState::Waiting, {}};
  };
  switch (dependency.condition) {
    case DependencyCondition::Create:
      return met(on.phase >= (may_be_made_anew(spec) ? Phase::Running : Phase::Starting));
    case DependencyCondition::Start:
      return met(on.phase >= Phase::Running);
    case DependencyCondition::Complete:
      if (ended(on))
        return on.exit_code ? met(true)
                            : impossible("dependency " + name + " ended without an exit code");
      break;
    case DependencyCondition::Success:
      if (ended(on)) {
        if (on.exit_code == 0) return met(true);
        return impossible("dependency " + name + " did not exit successfully");
      }
      break;
    case DependencyCondition::Healthy:
      if (ended(on)) return impossible("dependency " + name + " stopped before it was healthy");
      if (on.phase == Phase::Running && on.health == Health::Healthy) return met(true);
      break;
  }
  if (on.start_timed_out) return impossible("dependency " + name + " timed out (startTimeout)");
  return met(false);
}

}  // namespace

DependencyVerdict check_dependencies(const TaskState& task, ContainerIndex container) {
  DependencyVerdict all;
  for (const Dependency& dependency : task.spec->containers[container].depends_on) {
    const auto on = find(*task.spec, dependency.container);
    if (!on) return impossible("dependency " + dependency.container.str() + " does not exist");
    DependencyVerdict one = check_one(task.spec->containers[*on], task.containers[*on], dependency);
    if (one.state == DependencyState::Impossible) return one;
    if (one.state == DependencyState::Waiting) all = one;
  }
  return all;
}

bool dependants_stopped(const TaskState& task, ContainerIndex container) {
  const auto& specs = task.spec->containers;
  std::vector<bool> seen(specs.size(), false);
  std::vector<ContainerIndex> left{container};
  while (!left.empty()) {
    const ContainerName& name = specs[left.back()].name;
    left.pop_back();
    for (ContainerIndex i = 0; i < specs.size(); ++i) {
      if (!depends_on(specs[i], name) || seen[i]) continue;
      if (task.containers[i].phase != Phase::Stopped) return false;
      // Over, as a job between a database and its user is: who came after it may live.
      seen[i] = true;
      left.push_back(i);
    }
  }
  return true;
}

bool end_begins_more(const TaskState& task, ContainerIndex container) {
  if (task.containers[container].stop_requested) return false;
  const auto& specs = task.spec->containers;
  if (specs[container].restart_policy) return true;
  if (specs[container].essential) return false;  // The task ends with it.
  for (ContainerIndex i = 0; i < specs.size(); ++i) {
    const bool waits = task.containers[i].phase < Phase::Creating;
    if (waits && depends_on(specs[i], specs[container].name)) return true;
  }
  return false;
}

Status check_order(const TaskSpec& spec) {
  for (ContainerIndex i = 0; i < spec.containers.size(); ++i) {
    const ContainerSpec& container = spec.containers[i];
    if (find(spec, container.name) != i) {
      return fail(ErrorCode::InvalidInput, "container name {} is used twice", container.name.str());
    }
    for (const Dependency& d : container.depends_on) {
      const auto on = find(spec, d.container);
      if (!on) {
        return fail(ErrorCode::InvalidInput, "container {} depends on {}, which does not exist",
                    container.name.str(), d.container.str());
      }
      if (d.condition == DependencyCondition::Healthy && !spec.containers[*on].has_health_check) {
        return fail(ErrorCode::InvalidInput,
                    "container {} waits for {} to be HEALTHY, which has no health check",
                    container.name.str(), d.container.str());
      }
    }
  }
  // Take away, round after round, whatever depends only on what was taken away before.
  std::vector<bool> placed(spec.containers.size(), false);
  for (bool progress = true; progress;) {
    progress = false;
    for (ContainerIndex i = 0; i < placed.size(); ++i) {
      const auto& needs = spec.containers[i].depends_on;
      const bool ready = std::all_of(needs.begin(), needs.end(), [&](const Dependency& d) {
        return placed[*find(spec, d.container)];
      });
      if (!placed[i] && ready) placed[i] = progress = true;
    }
  }
  const auto left = std::find(placed.begin(), placed.end(), false);
  if (left != placed.end()) {
    const auto at = static_cast<ContainerIndex>(left - placed.begin());
    return fail(ErrorCode::InvalidInput, "container {} depends on itself in a circle",
                spec.containers[at].name.str());
  }
  return {};
}

}  // namespace longshore::core
