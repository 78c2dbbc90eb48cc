#include "agent/engine/reconciler.hpp"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/core/reason.hpp"
#include "agent/engine/container_request.hpp"
#include "agent/engine/observation.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 30s;
constexpr core::BackoffSchedule kReconnect{
    .first = 250ms, .limit = 5s, .factor = 2.0, .jitter = 0.2};

/// Until when the engine's own word about an end that the kernel has shown is waited for.
constexpr auto kWordOfEnd = 2s;

/// Containers that the engine may show, as known before the list is asked for.
std::map<ContainerId, ContainerKey> known_containers(const TaskTable& tasks) {
  std::map<ContainerId, ContainerKey> known;
  for (const auto& [arn, task] : tasks.all()) {
    for (core::ContainerIndex i = 0; i < task.containers.size(); ++i) {
      const ContainerId& id = task.containers[i].runtime_id;
      if (!id.empty()) known[id] = {arn, i};
    }
  }
  return known;
}

}  // namespace

Reconciler::Reconciler(boost::asio::any_io_executor executor, Clock& clock,
                       runtime::ContainerRuntime& runtime, runtime::ResourceLimiter& limiter,
                       TaskEngine& engine)
    : executor_(executor),
      clock_(clock),
      runtime_(runtime),
      limiter_(limiter),
      engine_(engine),
      orphans_(executor, clock, runtime, engine.settings().orphans) {}

void Reconciler::start() {
  compared_at_ = clock_.steady_now();
  spawn(executor_, "watch the engine", run_watch());
  spawn(executor_, "compare with the engine", run_comparison());
  spawn(executor_, "comparison timer", run_timer());
  spawn(executor_, "look at cgroups", run_look_at_groups());
}

boost::asio::awaitable<void> Reconciler::run_watch() {
  core::Backoff backoff(kReconnect);
  bool reported_down = false;
  while (true) {
    const auto on_open = [&] {
      backoff.reset();
      if (std::exchange(reported_down, false)) log_info("the container engine answers again");
      comparison_due_.set();
    };
    const Status ended =
        co_await runtime_.watch(kTaskArnLabel, last_event_nano_, on_open,
                                [this](const runtime::RuntimeEvent& event) { on_event(event); });
    // One line for an outage, not one for every attempt in it.
    if (!ended && !std::exchange(reported_down, true)) {
      log_warn("lost the container engine's events, reconnecting",
               {{"error", ended.error().message}});
    }
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

boost::asio::awaitable<void> Reconciler::run_timer() {
  while (true) {
    co_await clock_.sleep_for(kInterval);
    comparison_due_.set();
  }
}

boost::asio::awaitable<void> Reconciler::run_comparison() {
  while (true) {
    co_await comparison_due_.wait();
    co_await compare();
  }
}

/// Only containers known before the list was asked for can be missed in it.
boost::asio::awaitable<void> Reconciler::compare() {
  auto known = known_containers(engine_.tasks());
  const auto shown = co_await runtime_.list(kTaskArnLabel, "");
  if (!shown) {
    log_debug("cannot list containers", {{"error", shown.error().message}});
    co_return;
  }
  std::set<ContainerId> ids;
  for (const auto& container : *shown) {
    ids.insert(container.id);
    const auto found = known.find(container.id);
    if (found == known.end()) continue;
    compare_one(found->second, container);
    known.erase(found);
  }
  for (const auto& [id, missing] : known) {
    // Meanwhile it may have been made anew under another id.
    const bool is_known = engine_.tasks().find(id).has_value();
    if (is_known && phase_of(missing) != core::Phase::Starting) engine_.vanished(missing);
  }
  std::erase_if(noticed_, [&](const auto& said) { return !ids.contains(said.first); });
  compared_at_ = clock_.steady_now();
  if (engine_.looks_for_lost_tasks()) co_return;
  orphans_.found(orphans_among(*shown, engine_.tasks(), engine_.settings().cluster));
}

/// Apart from the comparison with the engine, which must not wait for a lane. Not in the first
/// seconds, which have more urgent things to do.
boost::asio::awaitable<void> Reconciler::run_look_at_groups() {
  while (engine_.settings().task_limits) {
    co_await clock_.sleep_for(kInterval);
    co_await look_at_groups();
  }
}

/// What the kernel shows in the groups of tasks.
boost::asio::awaitable<void> Reconciler::look_at_groups() {
  const auto groups = co_await limiter_.list();
  if (!groups) {
    log_debug("cannot list cgroups", {{"error", groups.error().message}});
    co_return;
  }
  // What was reported STOPPED shall not live, although the engine may know nothing of it.
  for (const TaskArn& arn : undead_tasks(*groups, engine_.tasks())) engine_.kill_remains(arn);
  // A container among these would be an orphan; another agent's tasks share the same tree.
  const auto strange = strange_groups(*groups, engine_.tasks());
  if (strange.empty() || std::exchange(told_strange_, true)) co_return;
  log_warn("processes run in cgroups of tasks that this agent does not know",
           {{"groups", strange.size()}, {"first", strange.front()}});
}

core::Phase Reconciler::phase_of(const ContainerKey& key) const {
  const core::TaskState* task = engine_.tasks().find(key.task);
  return task == nullptr ? core::Phase::Stopped : task->containers[key.container].phase;
}

bool Reconciler::has_health_check(const ContainerKey& key) const {
  const core::TaskState* task = engine_.tasks().find(key.task);
  return task != nullptr && task->spec->containers[key.container].has_health_check;
}

/// Starting is left out: its own call is on the way and answers for it.
void Reconciler::compare_one(const ContainerKey& key, const runtime::ContainerState& shown) {
  const core::Phase phase = phase_of(key);
  const bool should_live = phase == core::Phase::Running || phase == core::Phase::Stopping;
  if (should_live && !shown.alive) engine_.observe(key, /*expect_exit=*/true);
  // The list does not tell health, and its change is told once: what the stream lost is asked for.
  const bool has_health = phase == core::Phase::Running && has_health_check(key);
  const bool lives_again = phase == core::Phase::Stopped;
  if (shown.alive && (has_health || lives_again)) engine_.observe(key, /*expect_exit=*/false);
  notice(key, shown);
}

/// What somebody did to a container behind our back, said once.
void Reconciler::notice(const ContainerKey& key, const runtime::ContainerState& shown) {
  const core::TaskState* task = engine_.tasks().find(key.task);
  if (task == nullptr) return;
  std::string what;
  if (shown.status == runtime::ContainerStatus::Paused) what = "is paused; it counts as running";
  const std::string& name = task->containers[key.container].runtime_name;
  if (!shown.name.empty() && shown.name != name) what = "was renamed to " + shown.name;
  if (what.empty() ? noticed_.erase(shown.id) == 0
                   : std::exchange(noticed_[shown.id], what) == what) {
    return;
  }
  log_warn("somebody else changed a container",
           {{"task", task_id(key.task)},
            {"container", task->spec->containers[key.container].name},
            {"id", shown.id},
            {"what", what.empty() ? "is as it was again" : what}});
}

/// The event itself says enough about most ends of a running container. An inspect would wait some
/// 100 ms for the engine, which holds the container's lock while it takes network and mounts down.
/// It is needed before a start is answered, since only it tells a process that ended from one that
/// never ran; where a policy restarts, since only it tells one run from another; for a killed
/// process of which the kernel could not tell the cause; and where the event does not tell the
/// code.
void Reconciler::on_death(const ContainerKey& key, const runtime::RuntimeEvent& event) {
  const core::TaskState* task = engine_.tasks().find(key.task);
  auto exit = core::explained_exit(event.exit_code, engine_.memory_kills(event.id));
  const bool one_run = !task->spec->containers[key.container].restart_policy;
  const bool code_known = exit && !engine_.hides_exit_code(key);
  if (!code_known || !one_run || phase_of(key) == core::Phase::Starting) {
    return engine_.observe(key, /*expect_exit=*/true);
  }
  engine_.died(key, std::move(*exit));
}

void Reconciler::process_ended(const ContainerId& id) {
  spawn(executor_, "wait for the engine's word", wait_for_word(id));
}

/// The kernel has shown the end of a container's process. The engine tells the exit code, in its
/// event; an event that is lost is made up for by asking, until there is an answer.
boost::asio::awaitable<void> Reconciler::wait_for_word(ContainerId id) {
  co_await clock_.sleep_for(kWordOfEnd);
  for (auto key = engine_.tasks().find(id); key; key = engine_.tasks().find(id)) {
    const core::Phase phase = phase_of(*key);
    if (phase != core::Phase::Running && phase != core::Phase::Stopping) co_return;
    engine_.observe(*key, /*expect_exit=*/true);
    co_await clock_.sleep_for(kInterval);
    if (engine_.main_process(*key) != MainProcess::Ended) co_return;
  }
}

void Reconciler::on_event(const runtime::RuntimeEvent& event) {
  last_event_nano_ = std::max(last_event_nano_, event.time_nano);
  const auto key = engine_.tasks().find(event.id);
  if (!key) return;
  switch (event.kind) {
    case runtime::RuntimeEventKind::Died:
      on_death(*key, event);
      break;
    case runtime::RuntimeEventKind::Destroyed:
      engine_.vanished(*key);
      break;
    case runtime::RuntimeEventKind::HealthChanged:
      engine_.health_changed(*key, to_health(event.health));
      break;
    case runtime::RuntimeEventKind::OutOfMemory:
      // A child may have been killed while the container lives on: a fact, not an end.
      log_warn("the kernel killed a process of a container for memory",
               {{"task", task_id(key->task)}, {"id", event.id}});
      break;
    case runtime::RuntimeEventKind::Started:
      // Somebody else did that: what was reported STOPPED lives.
      if (phase_of(*key) == core::Phase::Stopped) engine_.observe(*key, /*expect_exit=*/false);
      break;
    case runtime::RuntimeEventKind::Created:
      break;
  }
}

}  // namespace longshore::engine
