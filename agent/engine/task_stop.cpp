#include "agent/engine/task_steps.hpp"

#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/core/stop_ladder.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

/// For steps that are repeated until they work: the task's end must not be lost to one bad answer.
constexpr core::BackoffSchedule kRepeat{.first = 1s, .limit = 30s, .factor = 1.5, .jitter = 0.2};
/// From the engine's word that a process ended, how often an answer that shows it alive is doubted.
constexpr int kLooksAfterDeath = 10;
constexpr auto kLookAgain = 50ms;

}  // namespace

/// One attempt to end the process. Whether the process is gone is seen afterwards.
boost::asio::awaitable<Status> TaskSteps::stop_once(ContainerKey key, ContainerId id,
                                                    core::StopMeans means) {
  Status done;
  switch (means) {
    case core::StopMeans::Signal:
      done = co_await runtime_.stop(id, grace_of(key));
      break;
    case core::StopMeans::Kill:
      done = co_await runtime_.kill(id);
      break;
    case core::StopMeans::Kernel:
      log_warn("the engine does not end a container, killing its cgroup",
               {{"task", task_id(key.task)}, {"id", id}});
      done = co_await limiter_.kill(std::string(task_id(key.task)), id);
      break;
  }
  if (!done) {
    log_warn("cannot stop container, trying again",
             {{"task", task_id(key.task)}, {"id", id}, {"error", done.error().message}});
  }
  co_return done;
}

std::chrono::seconds TaskSteps::grace_of(const ContainerKey& key) const {
  const core::ContainerSpec* spec = spec_of(key);
  return spec == nullptr ? settings_.stop_timeout
                         : spec->stop_timeout.value_or(settings_.stop_timeout);
}

/// Whether the engine shows the container without a process, which is then told.
boost::asio::awaitable<bool> TaskSteps::seen_gone(ContainerKey key, ContainerId id) {
  const auto* state = state_of(key);
  if (state == nullptr) co_return true;
  const int run = state->restart_count;
  const auto seen = co_await runtime_.inspect(id);
  if (seen && !seen->alive) {
    tell_seen(key, *seen, run);
    co_return true;
  }
  if (seen || seen.error().code != ErrorCode::NotFound) co_return false;
  post_(key.task, event::Vanished{key.container});
  co_return true;
}

/// Goes on until the process is seen to be gone, by ever harder means.
TaskSteps::Void TaskSteps::stop(ContainerKey key) {
  if (!stopping_.insert(key).second) co_return;
  core::Backoff backoff(kRepeat);
  const SteadyTime began = clock_.steady_now();
  for (int attempt = 0; state_of(key) != nullptr;) {
    const ContainerId id = state_of(key)->runtime_id;
    const Status done = co_await stop_once(key, id, core::stop_means(attempt));
    if (co_await seen_gone(key, id)) break;
    if (state_of(key) == nullptr) break;
    // An engine that is away has sent no signal: the time to end has not begun to run out.
    const bool unheard = !done && done.error().code == ErrorCode::Unavailable;
    if (!unheard || clock_.steady_now() - began >= grace_of(key)) ++attempt;
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
  stopping_.erase(key);
}

TaskSteps::Void TaskSteps::recover(ContainerKey key) {
  core::Backoff backoff(kRepeat);
  while (!is_stopped(key)) {
    const ContainerId id = state_of(key)->runtime_id;
    const int run = state_of(key)->restart_count;
    const auto seen = co_await runtime_.inspect(id);
    if (seen) {
      if (seen->alive) tell_running(key, *seen);
      co_return post_(key.task, event::Recovered{key.container, observation_of(key, *seen, run)});
    }
    if (seen.error().code == ErrorCode::NotFound) {
      co_return post_(key.task, event::Vanished{key.container});
    }
    // Only "not found" means gone: an engine that is slow or away says nothing about it.
    log_warn("cannot look at container, trying again",
             {{"task", task_id(key.task)}, {"id", id}, {"error", seen.error().message}});
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

TaskSteps::Void TaskSteps::look(ContainerKey key, bool expect_exit) {
  for (int tries = 0; state_of(key) != nullptr; ++tries) {
    const int run = state_of(key)->restart_count;
    const auto seen = co_await runtime_.inspect(state_of(key)->runtime_id);
    if (!seen) {
      if (seen.error().code == ErrorCode::NotFound) {
        post_(key.task, event::Vanished{key.container});
      }
      co_return;  // Anything else: the next reconciliation looks again.
    }
    const bool stale = expect_exit && seen->alive && tries < kLooksAfterDeath;
    if (!stale) co_return tell_seen(key, *seen, run);
    co_await clock_.sleep_for(kLookAgain);
  }
}

}  // namespace longshore::engine
