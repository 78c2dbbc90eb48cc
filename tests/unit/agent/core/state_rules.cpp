#include "tests/unit/agent/core/state_rules.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <unordered_map>

#include "agent/core/dependency.hpp"
#include "tests/support/core_builders.hpp"

// Catch's own bookkeeping for millions of passing checks would take minutes.
#define RULE(...)                                 \
  do {                                            \
    if (!(__VA_ARGS__)) FAIL_CHECK(#__VA_ARGS__); \
  } while (false)

namespace longshore::core {
namespace {

using namespace longshore::test;

/// The second run of a container that its restart policy started again.
Observation second_run(Observation seen) {
  seen.run = 1;
  seen.started_at = kNoon + std::chrono::minutes{2};
  return seen;
}

/// Of the first run still, as far as the agent knows.
Observation foreign_run() {
  Observation seen = alive();
  seen.started_at = kNoon + std::chrono::minutes{5};
  return seen;
}

std::vector<Event> one_of_each_event(std::size_t containers) {
  std::vector<Event> events{at_noon(event::Accepted{}),
                            at_noon(event::Admitted{}),
                            at_noon(event::StopRequested{}),
                            at_noon(event::ExecutionRoleReady{}),
                            at_noon(event::ResourcesReady{}),
                            at_noon(event::ResourcesReady{broken("no cpu controller")}),
                            at_noon(event::FlushDue{}),
                            at_noon(event::StopAccepted{}),
                            at_noon(event::CleanupDue{}),
                            at_noon(event::CleanupOverdue{}),
                            at_noon(event::ContainersRemoved{}),
                            at_noon(event::ResourcesRemoved{})};
  for (ContainerIndex i = 0; i < containers; ++i) {
    const std::string id = "id" + std::to_string(i);
    const auto add = [&](auto what) { events.push_back(at_noon(std::move(what))); };
    add(event::Resolved{.container = i, .digest = "sha256:1"});
    add(event::Resolved{.container = i, .failure = broken("denied")});
    add(event::Resolved{.container = i, .failure = broken("denied"), .fatal = true});
    // PullBegan is left out: it notes a time on which no decision rests, and would double the
    // states.
    add(event::Pulled{.container = i, .needed = true});
    add(event::Pulled{.container = i, .failure = broken("no such image")});
    add(event::Pulled{.container = i, .failure = broken("no such image"), .fatal = true});
    add(event::Pulled{.container = i, .failure = broken("denied"), .image_missing = true});
    add(event::Created{.container = i, .id = ContainerId(id)});
    add(event::Created{.container = i, .id = ContainerId(id), .existed = true});
    add(event::Created{.container = i, .failure = broken("conflict")});
    add(event::StartFailed{.container = i, .failure = broken("no such file")});
    add(event::StartFailed{.container = i, .failure = port_taken()});
    add(event::StartFailed{
        .container = i, .failure = broken("late", ErrorCode::Timeout), .may_run = true});
    add(event::Observed{i, alive()});
    add(event::Observed{i, foreign_run()});
    add(event::Observed{i, exited(0)});
    add(event::Observed{i, exited(1)});
    add(event::Observed{i, never_started()});
    Observation healthy = alive();
    healthy.health = Health::Healthy;
    add(event::Observed{i, healthy});
    add(event::Observed{i, second_run(alive())});
    add(event::Observed{i, second_run(exited(1))});
    add(event::Recovered{i, second_run(alive())});
    add(event::Recovered{i, second_run(exited(1))});
    add(event::Recovered{i, alive()});
    add(event::Recovered{i, exited(2)});
    add(event::Recovered{i, never_started()});
    add(event::Vanished{i});
    add(event::StartTimeoutPassed{i});
  }
  return events;
}

template <typename A>
std::size_t count(const Decision& d) {
  return static_cast<std::size_t>(
      std::count_if(d.actions.begin(), d.actions.end(),
                    [](const Action& a) { return std::holds_alternative<A>(a); }));
}

template <typename A>
bool asks(const Decision& d, ContainerIndex i) {
  return std::any_of(d.actions.begin(), d.actions.end(), [&](const Action& a) {
    const auto* found = std::get_if<A>(&a);
    return found != nullptr && found->container == i;
  });
}

bool tells_running(const Decision& d, const ContainerName& name) {
  const auto told = [&](const std::vector<ContainerChange>& changes) {
    return std::any_of(changes.begin(), changes.end(), [&](const ContainerChange& c) {
      return c.name == name && c.status == ReportedStatus::Running;
    });
  };
  return told(d.next.unreported) || std::any_of(d.actions.begin(), d.actions.end(), [&](auto& a) {
           const auto* report = std::get_if<action::Report>(&a);
           return report != nullptr && told(report->change.containers);
         });
}

bool is_recovery(const Event& e) { return std::holds_alternative<event::Recovered>(e.what); }

/// The engine has refused to start it, so that no process can be there.
bool is_refused_start(const Event& e) {
  const auto* failed = std::get_if<event::StartFailed>(&e.what);
  return failed != nullptr && !failed->may_run;
}

bool shows_life(const Event& e) {
  const auto* seen = std::get_if<event::Observed>(&e.what);
  const auto* recovered = std::get_if<event::Recovered>(&e.what);
  return (seen != nullptr && seen->observation.alive) ||
         (recovered != nullptr && recovered->observation.alive);
}

void check_container(const TaskState& before, const Event& e, const Decision& d, ContainerIndex i) {
  const ContainerState& was = before.containers[i];
  const ContainerState& is = d.next.containers[i];
  // Never backwards, but for a start that failed on a port that was picked.
  const auto* failed = std::get_if<event::StartFailed>(&e.what);
  const bool made_anew = failed != nullptr && picks_host_port(before.spec->containers[i]) &&
                         failed->failure.error.message == port_taken().error.message &&
                         was.phase == Phase::Starting && !was.stop_requested &&
                         is.port_conflicts == was.port_conflicts + 1;
  RULE((is.phase >= was.phase || (made_anew && is.phase == Phase::Creating)));
  RULE((made_anew || is.port_conflicts == was.port_conflicts));
  RULE(is.port_conflicts <= 4);
  RULE((was.phase != Phase::Stopped || is.phase == Phase::Stopped));
  RULE((!was.stop_requested || is.stop_requested));  // a stop is never forgotten
  // Each call is made exactly when its phase is entered, so that none is in flight twice.
  const auto entered = [&](Phase phase) { return was.phase < phase && is.phase >= phase; };
  RULE((!asks<action::Resolve>(d, i) || was.phase == Phase::Waiting));
  RULE((!asks<action::Pull>(d, i) || was.phase < Phase::Pulling));
  RULE((!asks<action::Create>(d, i) || was.phase < Phase::Creating || made_anew));
  const bool its_turn = check_dependencies(d.next, i).state == DependencyState::Met;
  RULE((!asks<action::Create>(d, i) || its_turn || made_anew));
  RULE((!asks<action::Pull>(d, i) || its_turn || before.pull_upfront));
  RULE((!asks<action::Start>(d, i) || was.phase == Phase::Creating ||
        (was.phase == Phase::Starting && is_recovery(e)) || is.restarting));
  // What was reported STOPPED and lives all the same is stopped again.
  const bool stops_again = was.phase == Phase::Stopped && shows_life(e);
  RULE((!asks<action::Stop>(d, i) || entered(Phase::Stopping) || stops_again));
  // A restart is of a process that ended by itself, under a policy that says so; unless somebody
  // else was first.
  const bool met_another = was.phase == Phase::Running && is.phase == Phase::Running &&
                           shows_life(e) && asks<action::Recover>(d, i);
  RULE((!is.restarting || is.phase == Phase::Running));
  RULE((!is.restarting || before.spec->containers[i].restart_policy));
  RULE(is.restart_count - was.restart_count <= 1);
  RULE((is.restart_count == was.restart_count || (is.restarting && !is.stop_requested) ||
        met_another));
  RULE((!asks<action::Recover>(d, i) || was.phase == Phase::Creating || met_another));
  RULE((!met_another || (before.spec->containers[i].restart_policy && !was.stop_requested)));
  RULE(
      (!(is.phase == Phase::Stopping && was.phase != Phase::Stopping) || asks<action::Stop>(d, i)));
  // What shall end in a task that lives on is being ended, whoever needs it.
  const bool ends_alone = is.stop_requested && !d.next.stop_requested;
  RULE((!ends_alone || is.phase != Phase::Running || is.restarting));
  RULE((!asks<action::CancelPull>(d, i) || was.phase == Phase::Pulling));
  // A start that waits for its turn keeps nobody waiting once it shall not be made.
  const bool is_starting = is.phase == Phase::Starting || is.restarting;
  RULE((asks<action::CancelStart>(d, i) ==
        (is_starting && is.stop_requested && !was.stop_requested)));
  // Stop wins: nothing new is begun for a container that shall end.
  if (was.stop_requested) {
    RULE(!asks<action::Resolve>(d, i));
    RULE(!asks<action::Pull>(d, i));
    RULE(!asks<action::Create>(d, i));
    RULE(!asks<action::Start>(d, i));
  }
  // A process may exist from Starting on: then only seeing it gone ends the container.
  if (is.phase == Phase::Stopped && (was.phase == Phase::Running || was.phase == Phase::Stopping)) {
    RULE((std::holds_alternative<event::Observed>(e.what) ||
          std::holds_alternative<event::Recovered>(e.what) ||
          std::holds_alternative<event::Vanished>(e.what) ||
          (was.restarting && is_refused_start(e))));
  }
  if (is.exit_code && *is.exit_code != 143) RULE(is.started_at);  // no exit without a process
}

/// Of a task that ends. A container that ends alone waits for nobody.
void check_order_of_ends(const TaskState& before, const Decision& d) {
  if (!d.next.stop_requested) return;
  for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) {
    if (!asks<action::Stop>(d, i) || before.containers[i].phase != Phase::Running) continue;
    for (ContainerIndex j = 0; j < d.next.containers.size(); ++j) {
      for (const Dependency& needs : d.next.spec->containers[j].depends_on) {
        if (needs.container == d.next.spec->containers[i].name) {
          RULE(d.next.containers[j].phase == Phase::Stopped);
        }
      }
    }
  }
}

/// A container that was seen to run is reported RUNNING, and so is a task of which all have been
/// seen and no essential one has ended; whatever was asked for meanwhile.
void check_running_told(const TaskState& before, const Decision& d, bool all_stopped) {
  bool all_up = true;
  for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) {
    const ContainerState& c = d.next.containers[i];
    const ContainerSpec& spec = d.next.spec->containers[i];
    const bool gone = c.phase == Phase::Stopped;
    all_up &= gone ? !spec.essential : c.started_at.has_value();
    if (spec.kind != ContainerKind::Normal) continue;
    if (c.started_at && !before.containers[i].started_at) RULE(tells_running(d, spec.name));
  }
  if (all_up && !all_stopped) RULE(d.next.reported == ReportedStatus::Running);
  const bool says_running = std::any_of(d.actions.begin(), d.actions.end(), [](const Action& a) {
    const auto* report = std::get_if<action::Report>(&a);
    return report != nullptr && report->change.status == ReportedStatus::Running;
  });
  const bool first = before.reported != ReportedStatus::Running;
  // Over in the same moment: both are told.
  if (says_running && first && !all_stopped) RULE(all_up);
}

void check_reports(const TaskState& before, const Decision& d) {
  std::optional<ReportedStatus> last = before.reported;
  for (const Action& a : d.actions) {
    const auto* report = std::get_if<action::Report>(&a);
    if (report == nullptr) continue;
    RULE((!last || report->change.status >= *last));  // never backwards
    RULE((last != ReportedStatus::Stopped));          // nothing after STOPPED
    last = report->change.status;
    for (const ContainerChange& c : report->change.containers) {
      RULE((c.status == ReportedStatus::Stopped || !c.exit_code));  // no exit code in RUNNING
    }
  }
  const bool all_stopped = std::all_of(d.next.containers.begin(), d.next.containers.end(),
                                       [](const auto& c) { return c.phase == Phase::Stopped; });
  RULE((d.next.reported == ReportedStatus::Stopped) == all_stopped);  // truth, and at once
  if (all_stopped) RULE(d.next.unreported.empty());
  check_running_told(before, d, all_stopped);
  const bool stopped_now = before.reported != ReportedStatus::Stopped && all_stopped;
  RULE(count<action::ArmCleanup>(d) == (stopped_now ? 1U : 0U));
}

void check_task(const TaskState& before, const Event& e, const Decision& d) {
  for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) check_container(before, e, d, i);
  check_order_of_ends(before, d);
  check_reports(before, d);
  RULE((!before.stop_requested || d.next.stop_requested));
  RULE(d.next.cleanup >= before.cleanup);
  // Never before STOPPED was accepted, within a bound.
  const bool overdue = std::holds_alternative<event::CleanupOverdue>(e.what);
  RULE((count<action::RemoveContainers>(d) == 0 || d.next.stop_accepted || overdue));
  if (!d.next.admitted) {
    RULE(count<action::CreateResources>(d) == 0);
    RULE(count<action::Resolve>(d) == 0);
  }
  if (d.next.stop_requested) RULE(count<action::CreateResources>(d) == 0);
  RULE((count<action::Forget>(d) == 0 || d.next.cleanup == Cleanup::Done));
  for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) {
    const bool essential_gone =
        d.next.spec->containers[i].essential && d.next.containers[i].phase == Phase::Stopped;
    if (essential_gone) RULE(d.next.stop_requested);
  }
}

/// A load from disk at this state must leave nothing hanging: whatever waits for an answer asks.
void check_resume(const TaskState& state) {
  const Decision d = resume(state, kNoon);
  // What a task that is over had may be removed already.
  if (state.stop_requested) RULE(count<action::CreateResources>(d) == 0);
  if (state.resources == Resources::Creating && !state.stop_requested) {
    RULE(count<action::CreateResources>(d) == 1);
  }
  for (ContainerIndex i = 0; i < d.next.containers.size(); ++i) {
    switch (state.containers[i].phase) {
      case Phase::Creating:
        RULE((asks<action::Create>(d, i) || state.containers[i].stop_requested));
        break;
      case Phase::Starting:
        RULE(asks<action::Recover>(d, i));
        break;
      case Phase::Running:
        RULE((asks<action::Recover>(d, i) || asks<action::Stop>(d, i)));
        break;
      case Phase::Stopping:
        RULE(asks<action::Stop>(d, i));
        break;
      case Phase::Resolving:
        RULE((asks<action::Resolve>(d, i) || d.next.containers[i].phase == Phase::Waiting ||
              d.next.containers[i].phase == Phase::Stopped));
        break;
      case Phase::Pulling:
        RULE((asks<action::Pull>(d, i) || d.next.containers[i].phase == Phase::Resolved ||
              d.next.containers[i].phase == Phase::Stopped));
        break;
      case Phase::Waiting:
      case Phase::Resolved:
      case Phase::Pulled:
      case Phase::Stopped:
        break;
    }
    RULE(!asks<action::Start>(d, i));  // it may have run already: look first
  }
  if (state.cleanup == Cleanup::Waiting || state.cleanup == Cleanup::Due) {
    RULE(count<action::ArmCleanup>(d) == 1);
  }
  if (state.cleanup == Cleanup::Removing) RULE(count<action::RemoveContainers>(d) == 1);
}

/// Equal states have equal sums; what shares a sum is compared.
std::size_t sum_of(const TaskState& s) {
  std::size_t sum = 0;
  const auto add = [&](auto value) { sum = sum * 31 + static_cast<std::size_t>(value); };
  for (const ContainerState& c : s.containers) {
    add(c.phase);
    add(c.stop_requested);
    add(c.health);
    add(c.exit_code.value_or(255));
    add(c.restart_count);
    add(c.port_conflicts);
    add(c.reason.size());
    add(c.soft_reason.size());
    add(c.image_digest.size());
    add(c.start_timed_out);
  }
  add(s.resources);
  add(s.cleanup);
  add(s.stop_accepted);
  add(s.unreported.size());
  add(s.execution_role_ready);
  return sum;
}

/// The states met so far.
class Seen {
 public:
  bool add(const TaskState& state) {
    auto& same = by_sum_[sum_of(state)];
    if (std::find(same.begin(), same.end(), state) != same.end()) return false;
    same.push_back(state);
    ++size_;
    return true;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::unordered_map<std::size_t, std::vector<TaskState>> by_sum_;
  std::size_t size_ = 0;
};

}  // namespace

std::size_t explore(TaskState start, std::size_t limit) {
  const std::vector<Event> events = one_of_each_event(start.containers.size());
  Seen seen;
  std::deque<TaskState> todo{std::move(start)};
  seen.add(todo.front());
  while (!todo.empty() && seen.size() < limit) {
    const TaskState state = std::move(todo.front());
    todo.pop_front();
    check_resume(state);
    for (const Event& e : events) {
      const Decision d = decide(state, e);
      check_task(state, e, d);
      if (seen.add(d.next)) todo.push_back(d.next);
    }
  }
  return seen.size();
}

}  // namespace longshore::core
