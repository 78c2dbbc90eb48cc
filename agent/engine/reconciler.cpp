#include "agent/engine/reconciler.hpp"

#include <map>
#include <utility>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/engine/container_request.hpp"
#include "agent/engine/observation.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 30s;
constexpr core::BackoffSchedule kReconnect{
    .first = 250ms, .limit = 5s, .factor = 2.0, .jitter = 0.2};

/// What a process leaves that the kernel killed (128 + SIGKILL).
constexpr int kKilledExitCode = 137;

/// Containers that the engine should show, as known before the list is asked for.
std::map<ContainerId, ContainerKey> expected_containers(const TaskTable& tasks) {
  std::map<ContainerId, ContainerKey> expected;
  for (const auto& [arn, task] : tasks.all()) {
    for (core::ContainerIndex i = 0; i < task.containers.size(); ++i) {
      const auto& c = task.containers[i];
      // Starting is left out: its own call is on the way and answers for it.
      const bool shown = c.phase == core::Phase::Running || c.phase == core::Phase::Stopping;
      if (shown) expected[c.runtime_id] = {arn, i};
    }
  }
  return expected;
}

}  // namespace

Reconciler::Reconciler(boost::asio::any_io_executor executor, Clock& clock,
                       runtime::ContainerRuntime& runtime, TaskEngine& engine)
    : executor_(std::move(executor)), clock_(clock), runtime_(runtime), engine_(engine) {}

void Reconciler::start() {
  spawn(executor_, "watch the engine", run_watch());
  spawn(executor_, "compare with the engine", run_comparison());
  spawn(executor_, "comparison timer", run_timer());
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
  auto expected = expected_containers(engine_.tasks());
  if (expected.empty()) co_return;
  const auto shown = co_await runtime_.list(kTaskArnLabel, "");
  if (!shown) {
    log_debug("cannot list containers", {{"error", shown.error().message}});
    co_return;
  }
  for (const auto& container : *shown) {
    const auto found = expected.find(container.id);
    if (found == expected.end()) continue;
    if (!container.alive) engine_.observe(found->second, /*expect_exit=*/true);
    expected.erase(found);
  }
  for (const auto& [id, missing] : expected) engine_.vanished(missing);
}

/// The event itself says enough about most ends of a running container. An inspect would wait some
/// 100 ms for the engine, which holds the container's lock while it takes network and mounts down.
/// It is needed before a start is answered, since only it tells a process that ended from one that
/// never ran; and for a killed process without an `oom` event, whose cause only it may know.
void Reconciler::on_death(const ContainerKey& key, const runtime::RuntimeEvent& event) {
  const bool memory = out_of_memory_.erase(event.id) > 0;
  const bool killed = event.exit_code == kKilledExitCode;
  const core::Phase phase = engine_.tasks().find(key.task)->containers[key.container].phase;
  if (!event.exit_code || phase == core::Phase::Starting || (killed && !memory)) {
    return engine_.observe(key, /*expect_exit=*/true);
  }
  engine_.died(key, {.code = event.exit_code, .out_of_memory = memory && killed});
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
      out_of_memory_.insert(event.id);
      log_warn("the kernel killed a process of a container for memory",
               {{"task", task_id(key->task)}, {"id", event.id}});
      break;
    case runtime::RuntimeEventKind::Created:
    case runtime::RuntimeEventKind::Started:
      break;
  }
}

}  // namespace longshore::engine
