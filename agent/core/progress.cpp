#include <algorithm>
#include <utility>

#include "agent/core/dependency.hpp"
#include "agent/core/steps.hpp"

namespace longshore::core {
namespace {

/// What official agents report for a container that can never start (128 + SIGTERM).
constexpr int kNeverStartedExitCode = 143;

bool has_pull_keys(const TaskState& task, ContainerIndex i) {
  const auto& auth = task.spec->containers[i].ecr_auth;
  return !auth || !auth->use_execution_role || task.execution_role_ready;
}

bool is_internal(const TaskState& task, ContainerIndex i) {
  return task.spec->containers[i].kind != ContainerKind::Normal;
}

void spread_stop(Decision& d) {
  TaskState& task = d.next;
  for (ContainerIndex i = 0; i < task.containers.size(); ++i) {
    const ContainerState& c = task.containers[i];
    if (task.spec->containers[i].essential && (c.phase == Phase::Stopped || c.stop_requested)) {
      task.stop_requested = true;
    }
  }
  if (!task.stop_requested) return;
  for (ContainerIndex i = 0; i < task.containers.size(); ++i) {
    ContainerState& c = task.containers[i];
    if (std::exchange(c.stop_requested, true)) continue;
    const bool is_starting = c.phase == Phase::Starting || c.restarting;
    // What it depends on lives until that start is answered, and its turn may be minutes away.
    if (is_starting) d.actions.emplace_back(action::CancelStart{i});
  }
}

void start_resources(Decision& d) {
  if (d.next.resources != Resources::None || d.next.stop_requested || !d.next.admitted) return;
  d.next.resources = Resources::Creating;
  d.actions.emplace_back(action::CreateResources{});
}

/// One step of a container that shall end. Returns whether something changed.
bool step_down(Decision& d, ContainerIndex i, WallTime at) {
  ContainerState& c = d.next.containers[i];
  switch (c.phase) {
    case Phase::Pulling:
      d.actions.emplace_back(action::CancelPull{i});
      [[fallthrough]];
    case Phase::Waiting:
    case Phase::Resolving:
    case Phase::Resolved:
    case Phase::Pulled:
    case Phase::Creating:  // What may come of that call never runs, and is cleaned up by its label.
      finish(d, i, at, {});
      return true;
    case Phase::Running:
      // The answer of a start on its way says what there is to stop.
      if (c.restarting) return false;
      // One that ends alone would wait for ever for those that need it: they run on.
      if (d.next.stop_requested && !dependants_stopped(d.next, i)) return false;
      c.phase = Phase::Stopping;
      d.actions.emplace_back(action::Stop{i});
      return true;
    case Phase::Starting:  // As above.
    case Phase::Stopping:
    case Phase::Stopped:
      return false;
  }
  return false;
}

/// Whether it is begun only when what it depends on has come; its image may be on the way already.
bool waits_for_others(const TaskState& task, const ContainerState& c) {
  return c.phase == Phase::Resolved || c.phase == Phase::Pulled ||
         (c.phase == Phase::Pulling && task.pull_upfront);
}

/// Ends a container that waits for something that will never come. Returns whether it did.
bool give_up(Decision& d, ContainerIndex i, WallTime at) {
  if (!waits_for_others(d.next, d.next.containers[i])) return false;
  const DependencyVerdict verdict = check_dependencies(d.next, i);
  if (verdict.state != DependencyState::Impossible) return false;
  if (d.next.containers[i].phase == Phase::Pulling) d.actions.emplace_back(action::CancelPull{i});
  d.next.containers[i].exit_code = kNeverStartedExitCode;
  finish(d, i, at, "CannotStartContainerError: " + verdict.cause);
  return true;
}

bool may_pass(const Decision& d, ContainerIndex i) {
  return check_dependencies(d.next, i).state == DependencyState::Met;
}

/// One step of a container that shall run.
void step_up(Decision& d, ContainerIndex i) {
  ContainerState& c = d.next.containers[i];
  const bool ours = is_internal(d.next, i);  // Its image comes with the agent.
  switch (c.phase) {
    case Phase::Waiting:
      if (!has_pull_keys(d.next, i)) return;
      c.phase = ours ? Phase::Resolved : Phase::Resolving;
      if (ours) return step_up(d, i);
      d.actions.emplace_back(action::Resolve{i});
      return;
    case Phase::Resolved:
      if (!has_pull_keys(d.next, i) || d.next.resources != Resources::Ready) return;
      if (!d.next.pull_upfront && !may_pass(d, i)) return;
      c.phase = ours ? Phase::Pulled : Phase::Pulling;
      if (ours) return step_up(d, i);
      d.actions.emplace_back(action::Pull{i});
      return;
    case Phase::Pulled:
      if (!may_pass(d, i)) return;
      c.phase = Phase::Creating;
      d.actions.emplace_back(action::Create{i});
      return;
    case Phase::Resolving:
    case Phase::Pulling:
    case Phase::Creating:
    case Phase::Starting:
    case Phase::Running:
    case Phase::Stopping:
    case Phase::Stopped:
      return;
  }
}

/// The task's first PENDING is worth sending only when it carries digests that we found out.
bool knows_all_digests(const TaskState& task) {
  bool found_out = false;
  for (ContainerIndex i = 0; i < task.containers.size(); ++i) {
    const ContainerState& c = task.containers[i];
    if (c.phase < Phase::Resolved) return false;
    found_out |= !c.image_digest.empty() && !names_digest(task.spec->containers[i]);
  }
  return found_out;
}

}  // namespace

void note_change(Decision& d, ContainerIndex container, ReportedStatus status) {
  if (is_internal(d.next, container)) return;
  const ContainerState& c = d.next.containers[container];
  const bool stopped = status == ReportedStatus::Stopped;
  d.next.unreported.push_back({.name = d.next.spec->containers[container].name,
                               .status = status,
                               .runtime_id = c.runtime_id,
                               .image_digest = c.image_digest,
                               .exit_code = stopped ? c.exit_code : std::nullopt,
                               .reason = stopped ? c.reason : std::string{},
                               .network_bindings = c.network_bindings});
}

void send_change(Decision& d, ReportedStatus status) {
  TaskState& task = d.next;
  TaskChange change{.task = task.spec->arn,
                    .status = status,
                    .reason = task.reason,
                    .containers = std::exchange(task.unreported, {}),
                    .pull_started_at = task.pull_started_at,
                    .pull_stopped_at = task.pull_stopped_at,
                    .execution_stopped_at = task.execution_stopped_at};
  d.actions.emplace_back(action::Report{std::move(change)});
}

void report(Decision& d, WallTime at) {
  TaskState& task = d.next;
  const ReportedStatus status = task_status(task);
  if (task.reported && *task.reported >= status) return;
  if (status == ReportedStatus::Pending && (task.stop_requested || !knows_all_digests(task)))
    return;
  task.reported = status;
  if (status == ReportedStatus::Stopped) {
    task.stopped_at = at;
    task.cleanup = Cleanup::Waiting;
  }
  send_change(d, status);
  if (status == ReportedStatus::Stopped) d.actions.emplace_back(action::ArmCleanup{});
}

void finish(Decision& d, ContainerIndex container, WallTime at, std::string reason) {
  ContainerState& c = d.next.containers[container];
  c.phase = Phase::Stopped;
  c.restarting = false;
  if (c.reason.empty()) c.reason = std::move(reason);
  if (d.next.spec->containers[container].essential && !d.next.execution_stopped_at) {
    d.next.execution_stopped_at = at;
  }
  note_change(d, container, ReportedStatus::Stopped);
}

void progress(Decision& d, WallTime at) {
  // Everything that has to end comes first, so that no step up is begun and taken back at once.
  for (bool moved = true; moved;) {
    moved = false;
    spread_stop(d);
    for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) {
      moved |= d.next.containers[i].stop_requested ? step_down(d, i, at) : give_up(d, i, at);
    }
  }
  start_resources(d);
  for (ContainerIndex i = 0; d.next.admitted && i < d.next.containers.size(); ++i) {
    if (!d.next.containers[i].stop_requested) step_up(d, i);
  }
  report(d, at);
}

}  // namespace longshore::core
