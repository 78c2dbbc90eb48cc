#include "agent/core/dependency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "agent/core/official_text.hpp"

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

std::string_view condition_word(DependencyCondition condition) {
  switch (condition) {
    case DependencyCondition::Create:
      return "CREATE";
    case DependencyCondition::Start:
      return "START";
    case DependencyCondition::Complete:
      return "COMPLETE";
    case DependencyCondition::Success:
      return "SUCCESS";
    case DependencyCondition::Healthy:
      return "HEALTHY";
  }
  return "";
}

bool ended(const ContainerState& c) { return c.phase == Phase::Stopped; }
bool ran(const ContainerState& c) { return c.started_at.has_value(); }

/// It never runs, although something waits for it to.
bool never_starts(const ContainerState& c) { return !ran(c) && (ended(c) || c.stop_requested); }

/// What is between `target` and one container that it depends on.
class Relation {
 public:
  Relation(const TaskState& task, ContainerIndex target, ContainerIndex on)
      : task_(task), target_(target), on_(on) {}

  [[nodiscard]] DependencyVerdict check(DependencyCondition condition) const {
    const ContainerState& on = task_.containers[on_];
    if (never_starts(on)) return unresolvable("because dependency will never start");
    switch (condition) {
      case DependencyCondition::Create: {
        // What is made from one that is then made anew is made in vain.
        const bool is_final = !picks_host_port(task_.spec->containers[on_]);
        return met(on.phase >= (is_final ? Phase::Starting : Phase::Running));
      }
      case DependencyCondition::Start:
        return met(on.phase >= Phase::Running);
      case DependencyCondition::Complete:
        if (!ended(on)) break;
        return on.exit_code ? met(true) : unresolvable("as dependency ended without an exit code.");
      case DependencyCondition::Success:
        if (!ended(on)) break;
        return on.exit_code == 0 ? met(true)
                                 : unresolvable("as dependency did not exit successfully.");
      case DependencyCondition::Healthy:
        if (ended(on)) return unresolvable("as dependency stopped before it was healthy.");
        if (on.phase == Phase::Running && on.health == Health::Healthy) return met(true);
        break;
    }
    if (on.start_timed_out) return impossible("", "has timed out.");
    return met(false);
  }

 private:
  static DependencyVerdict met(bool yes) {
    return {yes ? DependencyState::Met : DependencyState::Waiting, {}};
  }

  /// Source of the words: amazon-ecs-agent:agent/engine/dependencygraph/graph.go; two of the causes
  /// are ours, since there such a container waits for ever.
  [[nodiscard]] DependencyVerdict impossible(std::string_view begin, std::string_view end) const {
    return {DependencyState::Impossible,
            fmt::format("dependency graph: {}container ordering dependency [{}] for target [{}] {}",
                        begin, official_text(task_, on_), official_text(task_, target_), end)};
  }
  [[nodiscard]] DependencyVerdict unresolvable(std::string_view end) const {
    return impossible("failed to resolve ", end);
  }

  const TaskState& task_;
  ContainerIndex target_;
  ContainerIndex on_;
};

}  // namespace

DependencyVerdict check_dependencies(const TaskState& task, ContainerIndex container) {
  DependencyVerdict all;
  for (const Dependency& dependency : task.spec->containers[container].depends_on) {
    const auto on = find(*task.spec, dependency.container);
    if (!on) {
      return {DependencyState::Impossible,
              "dependency " + dependency.container.str() + " does not exist"};
    }
    DependencyVerdict one = Relation(task, container, *on).check(dependency.condition);
    if (one.state == DependencyState::Impossible) return one;
    if (one.state == DependencyState::Waiting) all = one;
  }
  return all;
}

std::string awaited_conditions(const TaskState& task, ContainerIndex container) {
  std::string all;
  if (task.containers[container].phase >= Phase::Creating) return all;
  for (const Dependency& dependency : task.spec->containers[container].depends_on) {
    const auto on = find(*task.spec, dependency.container);
    if (!on) continue;
    const DependencyVerdict one = Relation(task, container, *on).check(dependency.condition);
    if (one.state != DependencyState::Waiting) continue;
    all += fmt::format("{}{} of {}", all.empty() ? "" : ", ", condition_word(dependency.condition),
                       dependency.container.str());
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
      if (placed[i]) continue;
      const auto& needs = spec.containers[i].depends_on;
      const bool ready = std::all_of(needs.begin(), needs.end(), [&](const Dependency& d) {
        return placed[*find(spec, d.container)];
      });
      if (ready) placed[i] = progress = true;
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
