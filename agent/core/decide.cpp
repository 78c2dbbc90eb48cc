#include "agent/core/decide.hpp"

#include <utility>

#include "agent/core/reason.hpp"
#include "agent/core/steps.hpp"

namespace longshore::core {
namespace {

/// A container index from outside may be wrong; such an event changes nothing.
ContainerState* container_of(Decision& d, ContainerIndex i) {
  return i < d.next.containers.size() ? &d.next.containers[i] : nullptr;
}

void on(Decision&, WallTime, const event::Accepted&) {}

void on(Decision& d, WallTime, const event::Admitted&) { d.next.admitted = true; }

void on(Decision& d, WallTime, const event::StopRequested&) { d.next.stop_requested = true; }

void on(Decision& d, WallTime, const event::ExecutionRoleReady&) {
  d.next.execution_role_ready = true;
}

void on(Decision& d, WallTime, const event::ResourcesReady& e) {
  if (d.next.resources != Resources::Creating) return;
  if (!e.failure) {
    d.next.resources = Resources::Ready;
    return;
  }
  d.next.resources = Resources::Failed;
  d.next.stop_requested = true;
  const std::string& text = e.failure->error.message;
  d.next.reason = e.failure_name.empty() ? text : e.failure_name + ": " + text;
}

void on(Decision& d, WallTime at, const event::Resolved& e) {
  ContainerState* c = container_of(d, e.container);
  if (c == nullptr || c->phase != Phase::Resolving) return;
  if (e.failure) {
    std::string reason = named_reason(e.failure_name, "MANIFEST_PULLED", *e.failure);
    if (e.fatal) {
      d.next.stop_requested = true;
      return finish(d, e.container, at, std::move(reason));
    }
    c->soft_reason = std::move(reason);
  }
  c->phase = Phase::Resolved;
  c->image_digest = e.digest;
  if (!e.digest.empty() && !names_digest(d.next.spec->containers[e.container])) {
    note_change(d, e.container, ReportedStatus::Pending);
  }
}

void on(Decision& d, WallTime at, const event::PullBegan& e) {
  const ContainerState* c = container_of(d, e.container);
  if (c == nullptr || c->phase != Phase::Pulling) return;
  if (!d.next.pull_started_at || at < *d.next.pull_started_at) d.next.pull_started_at = at;
}

void on(Decision& d, WallTime at, const event::Pulled& e) {
  ContainerState* c = container_of(d, e.container);
  if (c == nullptr || c->phase != Phase::Pulling) return;
  if (e.needed) d.next.pull_stopped_at = at;
  if (e.failure) {
    std::string reason = named_reason(e.failure_name, "pulled", *e.failure);
    // It may be long before it is this container's turn: there is no use in waiting for that.
    const bool in_vain = e.image_missing && d.next.spec->containers[e.container].essential;
    if (in_vain && d.next.reason.empty()) d.next.reason = reason;
    if (e.fatal || in_vain) {
      d.next.stop_requested = true;
      return finish(d, e.container, at, std::move(reason));
    }
    if (c->soft_reason.empty()) c->soft_reason = std::move(reason);
  } else if (e.needed) {
    c->soft_reason.clear();
  }
  c->phase = Phase::Pulled;
}

void on(Decision& d, WallTime at, const event::Created& e) {
  ContainerState* c = container_of(d, e.container);
  if (c == nullptr) return;
  // A stop did not wait for this answer. Nobody starts the container, but it is known by its id
  // from here on, in case somebody else does.
  if (c->phase == Phase::Stopped && !e.id.empty()) c->runtime_id = e.id;
  if (c->phase != Phase::Creating) return;
  if (e.failure) {
    // Where the image is at fault, what failed before is the true cause.
    const bool pull_was_it = !c->soft_reason.empty() && blames_image(e.failure->error);
    return finish(d, e.container, at,
                  pull_was_it ? c->soft_reason : create_reason(e.failure_name, *e.failure));
  }
  c->soft_reason.clear();
  c->runtime_id = e.id;
  c->phase = Phase::Starting;
  // What has run is not run a second time.
  if (e.existed) {
    d.actions.emplace_back(action::Recover{e.container});
  } else {
    d.actions.emplace_back(action::Start{e.container});
  }
}

/// Nobody asked for just that port, so the container is made anew with another one. Between the
/// picking and the start any process of the host may take it, if only for an outgoing connection.
bool try_other_ports(Decision& d, ContainerState& c, const event::StartFailed& e) {
  constexpr int kMaxPortConflicts = 4;
  if (!picks_host_port(d.next.spec->containers[e.container])) return false;
  if (!names_taken_port(e.failure.error)) return false;
  if (c.phase != Phase::Starting || c.stop_requested) return false;
  if (c.port_conflicts >= kMaxPortConflicts) return false;
  ++c.port_conflicts;
  c.phase = Phase::Creating;
  d.actions.emplace_back(action::Create{e.container});
  return true;
}

void on(Decision& d, WallTime at, const event::StartFailed& e) {
  ContainerState* c = container_of(d, e.container);
  if (c == nullptr || (c->phase != Phase::Starting && !c->restarting)) return;
  if (try_other_ports(d, *c, e)) return;
  // The end that a restart was to mend is what this container's story ends with.
  const bool was_restarting = std::exchange(c->restarting, false);
  std::string reason = was_restarting ? std::exchange(c->soft_reason, {})
                       : e.was_started
                           ? inspect_reason(e.failure)
                           : named_reason("CannotStartContainerError", "started", e.failure);
  if (!e.may_run) return finish(d, e.container, at, std::move(reason));
  // It is stopped as any that runs. Where that was asked for, what is not known of the start is no
  // cause.
  if (was_restarting || !c->stop_requested) c->reason = std::move(reason);
  c->phase = Phase::Running;
  c->stop_requested = true;
}

/// What an inspect tells of a process that runs, or has run, whatever comes of it.
void take_in(ContainerState& c, const Observation& seen, WallTime at) {
  if (c.network_bindings.empty()) c.network_bindings = seen.network_bindings;
  c.health = seen.health;
  if (c.restarting || !c.started_at) c.started_at = seen.started_at.value_or(at);
  if (!c.restarting) return;
  c.restarting = false;
  c.exit_code.reset();
  c.soft_reason.clear();
}

/// Whether what was seen is of the start that the restart policy asked for.
bool is_new_run(const ContainerState& c, const Observation& seen) {
  // Not "later": the host's clock may have been set back between the two.
  return seen.alive || (seen.started_at && c.started_at && *seen.started_at != *c.started_at);
}

/// Whether the run that we know of has ended untold, and somebody else began another.
bool is_foreign_run(const ContainerState& c, const Observation& seen) {
  return seen.alive && c.phase == Phase::Running && !c.stop_requested && seen.started_at &&
         c.started_at != seen.started_at;
}

/// Where a restart policy would have started it again, somebody else has done that. Otherwise it is
/// stopped as any that runs: what its own run came to is not known.
void meet_foreign_run(Decision& d, ContainerIndex i, const Observation& seen) {
  ContainerState& c = d.next.containers[i];
  if (d.next.spec->containers[i].restart_policy) {
    ++c.restart_count;
    c.started_at = seen.started_at;
    // A look at the new run, which is the one to be watched.
    d.actions.emplace_back(action::Recover{i});
    return;
  }
  c.reason = "ContainerRestartedError: the container was started again by somebody else";
  c.stop_requested = true;
}

/// By the engine's word, unless that is before the start: it dates a start only when the call is
/// through, and a short run is over by then.
WallTime end_of_run(const ContainerState& c, const Observation& seen, WallTime at) {
  const bool in_order = seen.finished_at && (!c.started_at || *seen.finished_at >= *c.started_at);
  return in_order ? *seen.finished_at : at;
}

void on(Decision& d, WallTime at, const event::Observed& e) {
  ContainerState* c = container_of(d, e.container);
  const Observation& seen = e.observation;
  if (c == nullptr || c->phase < Phase::Starting || seen.run != c->restart_count) return;
  if (c->phase == Phase::Stopped) {
    // Somebody started it again: what was reported STOPPED shall not serve.
    if (seen.alive) d.actions.emplace_back(action::Stop{e.container});
    return;
  }
  if (c->restarting && !is_new_run(*c, seen)) return;
  if (!seen.alive && !seen.has_run) {
    // Not started yet: the start call is on its way. Of one that failed, or was not made because
    // of a stop, nothing ever comes.
    const bool never_will =
        c->phase == Phase::Stopping || (c->phase == Phase::Running && c->stop_requested);
    if (never_will) finish(d, e.container, at, exit_reason(seen.exit));
    return;
  }
  const bool first_seen = !c->started_at;
  take_in(*c, seen, at);
  if (is_foreign_run(*c, seen)) meet_foreign_run(d, e.container, seen);
  if (c->phase == Phase::Starting) {
    c->phase = Phase::Running;
    const bool timed = d.next.spec->containers[e.container].start_timeout && !c->stop_requested;
    if (timed && seen.alive) d.actions.emplace_back(action::ArmStartTimeout{e.container});
  }
  // Whatever was asked for meanwhile: it did run.
  if (first_seen) note_change(d, e.container, ReportedStatus::Running);
  if (seen.alive) return;
  // RUNNING goes out before STOPPED, even for a process that was over before we could look.
  if (first_seen) report(d, at);
  c->exit_code = seen.exit.code;
  Exit exit = seen.exit;
  // Asked to end and then killed for not ending: a child's death for memory, hours ago, is not it.
  if (c->phase == Phase::Stopping) exit.out_of_memory = false;
  if (!restart(d, e.container, end_of_run(*c, seen, at), exit_reason(exit))) {
    finish(d, e.container, at, exit_reason(exit));
  }
}

void on(Decision& d, WallTime at, const event::Recovered& e) {
  ContainerState* c = container_of(d, e.container);
  // An answer about an earlier run would begin this one a second time.
  if (c == nullptr || e.observation.run != c->restart_count) return;
  const bool never_started = !e.observation.alive && !e.observation.has_run;
  if (never_started && c->phase == Phase::Starting) {
    if (c->stop_requested) return finish(d, e.container, at, {});
    d.actions.emplace_back(action::Start{e.container});
    return;
  }
  if (c->restarting && !is_new_run(*c, e.observation)) {
    if (c->stop_requested) return finish(d, e.container, at, std::exchange(c->soft_reason, {}));
    d.actions.emplace_back(action::Start{e.container});
    return;
  }
  on(d, at, event::Observed{e.container, e.observation});
}

void on(Decision& d, WallTime at, const event::Vanished& e) {
  ContainerState* c = container_of(d, e.container);
  if (c == nullptr || c->phase < Phase::Starting || c->phase == Phase::Stopped) return;
  c->exit_code.reset();  // It may be that of the run before.
  finish(d, e.container, at,
         c->stop_requested ? std::string{}
                           : "ContainerVanishedError: No container matching saved ID found");
}

void on(Decision& d, WallTime, const event::StartTimeoutPassed& e) {
  ContainerState* c = container_of(d, e.container);
  if (c != nullptr && c->phase != Phase::Stopped) c->start_timed_out = true;
}

void on(Decision& d, WallTime, const event::FlushDue&) {
  const ReportedStatus status = task_status(d.next);
  if (d.next.unreported.empty() || status == ReportedStatus::Stopped) return;
  send_change(d, status);
}

void start_removal(Decision& d) {
  d.next.cleanup = Cleanup::Removing;
  d.actions.emplace_back(action::RemoveContainers{});
}

void on(Decision& d, WallTime, const event::StopAccepted&) {
  d.next.stop_accepted = true;
  if (d.next.cleanup == Cleanup::Due) start_removal(d);
}

void on(Decision& d, WallTime, const event::CleanupDue&) {
  if (d.next.cleanup != Cleanup::Waiting) return;
  if (d.next.stop_accepted) return start_removal(d);
  d.next.cleanup = Cleanup::Due;
}

void on(Decision& d, WallTime, const event::CleanupOverdue&) {
  if (d.next.cleanup == Cleanup::Waiting || d.next.cleanup == Cleanup::Due) start_removal(d);
}

void on(Decision& d, WallTime, const event::ContainersRemoved&) {
  if (d.next.cleanup == Cleanup::Removing) d.actions.emplace_back(action::RemoveResources{});
}

void on(Decision& d, WallTime, const event::ResourcesRemoved&) {
  if (d.next.cleanup != Cleanup::Removing) return;
  d.next.cleanup = Cleanup::Done;
  d.actions.emplace_back(action::Forget{});
}

}  // namespace

Decision decide(TaskState now, const Event& event) {
  Decision d{std::move(now), {}};
  std::visit([&](const auto& e) { on(d, event.at, e); }, event.what);
  progress(d, event.at);
  return d;
}

}  // namespace longshore::core
