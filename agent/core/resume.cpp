#include <utility>

#include "agent/core/steps.hpp"

namespace longshore::core {
namespace {

void resume_container(Decision& d, ContainerIndex i) {
  ContainerState& c = d.next.containers[i];
  switch (c.phase) {
    case Phase::Resolving:
      c.phase = Phase::Waiting;  // Asking again is free, and may first have to wait for new keys.
      return;
    case Phase::Pulling:
      c.phase = Phase::Resolved;
      return;
    case Phase::Creating:
      d.actions.emplace_back(action::Create{i});
      return;
    case Phase::Starting:
    case Phase::Running:
      d.actions.emplace_back(action::Recover{i});
      if (d.next.spec->containers[i].start_timeout && c.started_at && !c.start_timed_out) {
        d.actions.emplace_back(action::ArmStartTimeout{i});
      }
      return;
    case Phase::Stopping:
      d.actions.emplace_back(action::Stop{i});
      return;
    case Phase::Waiting:
    case Phase::Resolved:
    case Phase::Pulled:
    case Phase::Stopped:
      return;
  }
}

}  // namespace

Decision resume(TaskState loaded, WallTime now) {
  Decision d{std::move(loaded), {}};
  const bool needs_resources = d.next.resources == Resources::Creating && !d.next.stop_requested;
  if (needs_resources) d.actions.emplace_back(action::CreateResources{});
  for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) resume_container(d, i);
  switch (d.next.cleanup) {
    case Cleanup::Waiting:
    case Cleanup::Due:
      d.actions.emplace_back(action::ArmCleanup{});
      break;
    case Cleanup::Removing:
      d.actions.emplace_back(action::RemoveContainers{});
      break;
    case Cleanup::Done:
      d.actions.emplace_back(action::Forget{});
      break;
    case Cleanup::None:
      break;
  }
  progress(d, now);
  return d;
}

TaskChange report_of_end(const TaskState& task) {
  Decision d{task, {}};
  d.next.unreported.clear();
  for (ContainerIndex i = 0; i < task.containers.size(); ++i) {
    note_change(d, i, ReportedStatus::Stopped);
  }
  return {.task = task.spec->arn,
          .status = ReportedStatus::Stopped,
          .reason = task.reason,
          .containers = std::move(d.next.unreported),
          .pull_started_at = task.pull_started_at,
          .pull_stopped_at = task.pull_stopped_at,
          .execution_stopped_at = task.execution_stopped_at};
}

}  // namespace longshore::core
