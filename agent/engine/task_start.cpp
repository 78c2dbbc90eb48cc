#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/gate.hpp"
#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/text.hpp"
#include "agent/engine/container_request.hpp"
#include "agent/engine/repeat_unheard.hpp"
#include "agent/engine/task_steps.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

constexpr auto kInspectTimeout = 30s;

/// Whether a start took place, be its process over or not: of a container that is restarted the run
/// before is still shown otherwise.
bool shows_new_run(const core::ContainerState& known, const runtime::ContainerState& seen) {
  if (seen.alive) return true;
  return seen.started_at && (!known.restarting || seen.started_at != known.started_at);
}

}  // namespace

/// Starts it, also through an absence of the engine. What the engine did before it went away is
/// looked at first: a run that has begun is not begun a second time.
boost::asio::awaitable<Status> TaskSteps::start_heard(ContainerKey key, ContainerId id,
                                                      SteadyTime end) {
  const std::string version = spec_of(key)->min_api_version;
  while (true) {
    const Status started = co_await runtime_.start(id, version);
    if (started || started.error().code != ErrorCode::Unavailable) co_return started;
    for (bool asked = false; !asked;) {
      if (clock_.steady_now() >= end) co_return started;
      co_await clock_.sleep_for(kAskAgain);
      const auto seen = co_await runtime_.inspect(id);
      if (!is_wanted(key)) co_return started;
      if (!seen && seen.error().code == ErrorCode::NotFound) co_return started;
      if (seen && shows_new_run(*state_of(key), *seen)) co_return Status{};
      asked = seen.has_value();
    }
  }
}

void TaskSteps::teardown_began(const ContainerKey& key) {
  if (const auto* state = state_of(key)) teardown_.began(state->runtime_id);
}

/// A turn at a moment when a start does not get in the way of another container's end.
boost::asio::awaitable<LaunchTurns::Turn> TaskSteps::take_good_turn(ContainerKey key) {
  auto turn = co_await take_turn(key);
  const core::TaskState* task = tasks_.find(key.task);
  if (task != nullptr && joins_network(*task->spec, *spec_of(key))) co_await teardown_.over();
  co_return turn;
}

/// Nothing: a stop came first.
boost::asio::awaitable<std::optional<LaunchTurns::Turn>> TaskSteps::take_turn_to_start(
    ContainerKey key) {
  if (!is_wanted(key)) co_return std::nullopt;
  const auto stop = std::make_shared<Signal>();
  waiting_starts_[key] = stop;
  auto turn = co_await race_for(take_good_turn(key), stop->wait());
  waiting_starts_.erase(key);
  co_return turn;
}

TaskSteps::Void TaskSteps::start_container(ContainerKey key) {
  const auto turn = co_await take_turn_to_start(key);
  const auto* state = state_of(key);
  // A disk that took nothing may have held this back until after its end.
  if (state == nullptr || (state->phase != core::Phase::Starting && !state->restarting)) co_return;
  const ContainerId id = state->runtime_id;
  const int run = state->restart_count;
  const SteadyTime end = clock_.steady_now() + settings_.start_timeout;
  if (state->stop_requested) {
    // The stop came before its turn: nothing was started, and nothing is.
    core::Observation not_begun;
    not_begun.run = run;
    co_return post_(key.task, event::Recovered{key.container, std::move(not_begun)});
  }
  auto started = co_await start_heard(key, id, end);
  if (!started) {
    const Error& error = started.error();
    if (const auto* now = state_of(key); now != nullptr && now->restarting) {
      // What the control plane reads is why the run before ended.
      log_warn("a restart under the container's policy failed",
               {{"task", task_id(key.task)}, {"id", id}, {"error", error.message}});
    }
    // The engine may have started it although its answer was lost.
    const bool may_run = error.code == ErrorCode::Timeout || error.code == ErrorCode::Unavailable ||
                         error.message.ends_with("EOF");
    // An engine that was ended in the middle of its start refuses another one, and shows none.
    if (!may_run) co_await end_remains(key);
    co_return post_(key.task, event::StartFailed{
                                  .container = key.container,
                                  .failure = {std::move(started).error(), settings_.start_timeout},
                                  .may_run = may_run});
  }
  auto seen = co_await repeat_unheard(
      &clock_, end, [this, key] { return is_wanted(key); },
      [this, id] { return runtime_.inspect(id); });
  if (!seen) {
    co_return post_(key.task,
                    event::StartFailed{.container = key.container,
                                       .failure = {std::move(seen).error(), kInspectTimeout},
                                       .may_run = true,
                                       .was_started = true});
  }
  tell_seen(key, *seen, run);
}

}  // namespace longshore::engine
