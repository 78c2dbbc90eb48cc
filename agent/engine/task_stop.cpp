#include "agent/engine/task_steps.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/core/dependency.hpp"
#include "agent/core/reason.hpp"
#include "agent/core/stop_ladder.hpp"
#include "agent/engine/observation.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

/// For steps that are repeated until they work: the task's end must not be lost to one bad answer.
constexpr core::BackoffSchedule kRepeat{.first = 1s, .limit = 30s, .factor = 1.5, .jitter = 0.2};
/// For a look at what an earlier process of the agent left: a stop, or an engine that is back,
/// shall not wait for long.
constexpr core::BackoffSchedule kRecover{.first = 1s, .limit = 5s, .factor = 1.5, .jitter = 0.2};
/// From the engine's word that a process ended, how often an answer that shows it alive, or that
/// does not explain its kill, is doubted.
constexpr int kLooksAfterDeath = 10;
constexpr auto kLookAgain = 50ms;
/// How often it is asked in vain for an end that the kernel shows: the exit code is worth a wait.
constexpr int kUnheardLooks = 2;
constexpr auto kLookPastEngine = 2s;
constexpr int kKilledExitCode = 128 + 9;  // As the engine shows one that SIGKILL ended.

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
    case core::StopMeans::Ask:
      log_warn("the engine does not answer, sending the stop signal past it",
               {{"task", task_id(key.task)}, {"id", id}});
      done = ask_to_end(links_, id);
      break;
    case core::StopMeans::Wait:
      break;
    case core::StopMeans::Kernel:
      log_warn("killing the cgroup of a container past the engine",
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

/// A container without a process is told. No word: the engine is away, or has answered nothing in
/// time, as one does that is stuck over this container.
boost::asio::awaitable<TaskSteps::Word> TaskSteps::engine_shows_gone(ContainerKey key,
                                                                     ContainerId id) {
  const auto* state = state_of(key);
  if (state == nullptr) co_return Word::Gone;
  const int run = state->restart_count;
  const auto seen = co_await runtime_.inspect(id);
  if (seen && !seen->alive) {
    if (!has_run(*seen)) co_await end_remains(key);
    tell_seen(key, *seen, run);
    co_return Word::Gone;
  }
  if (!seen && seen.error().code == ErrorCode::NotFound) {
    co_await clear_remains(key);
    co_return Word::Gone;
  }
  const bool heard = seen || seen.error().code != ErrorCode::Timeout;
  co_return heard && !runtime_.breaker().is_open() ? Word::Lives : Word::None;
}

/// Of a container that the engine has lost, or whose start it has, processes may live all the same,
/// and nobody but us would end them.
TaskSteps::Void TaskSteps::end_remains(ContainerKey key) {
  core::Backoff backoff(kRepeat);
  while (const auto* state = state_of(key)) {
    const ContainerId id = state->runtime_id;
    const int run = state->restart_count;
    const Status killed = co_await limiter_.kill(std::string(task_id(key.task)), id);
    // Where nothing is known to live, a group that is not there, and a kernel that kills no groups,
    // have no more to say.
    const bool lives = main_process(links_, id, run) == MainProcess::Lives;
    if (killed || (!lives && killed.error().code != ErrorCode::Timeout)) break;
    log_warn("a container that the engine has lost lives on, trying again to kill it",
             {{"task", task_id(key.task)}, {"id", id}, {"error", killed.error().message}});
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

/// The engine knows the container no more, as one may that lost its data.
TaskSteps::Void TaskSteps::clear_remains(ContainerKey key) {
  if (!clearing_.insert(key).second) co_return;
  co_await end_remains(key);
  clearing_.erase(key);
  post_(key.task, event::Vanished{key.container});
}

void TaskSteps::vanished(ContainerKey key) {
  const auto* state = state_of(key);
  if (state == nullptr || state->phase < core::Phase::Starting || is_stopped(key)) return;
  spawn(executor_, "clear what is left of a container", clear_remains(std::move(key)));
}

TaskSteps::Void TaskSteps::kill_groups(TaskArn arn) {
  std::vector<ContainerId> ids;
  const auto& containers = tasks_.find(arn)->containers;
  for (core::ContainerIndex i = 0; i < containers.size(); ++i) {
    // One that somebody has started again is being stopped, in its own time.
    const bool is_stopping = stopping_.contains({arn, i});
    if (!containers[i].runtime_id.empty() && !is_stopping) ids.push_back(containers[i].runtime_id);
  }
  for (const ContainerId& id : ids) {
    const Status killed = co_await limiter_.kill(std::string(task_id(arn)), id);
    if (!killed && killed.error().code == ErrorCode::NotFound) continue;
    log_warn("what may have lived on of a container that was reported STOPPED was killed",
             {{"task", task_id(arn)},
              {"id", id},
              {"outcome", killed ? "gone" : killed.error().message}});
  }
}

void TaskSteps::kill_remains(const TaskArn& task) {
  if (tasks_.find(task) != nullptr) spawn(executor_, "kill what lives on", kill_groups(task));
}

/// Whether the kernel tells all that there is to know of a container's end, and nothing follows it
/// for which the engine would have to be there.
bool TaskSteps::kernel_suffices(const ContainerKey& key) const {
  const auto* state = state_of(key);
  if (state == nullptr || core::end_begins_more(*tasks_.find(key.task), key.container))
    return false;
  const auto code = exit_code(links_, state->runtime_id, state->restart_count);
  return core::explained_exit(code, memory_kills(links_, state->runtime_id)).has_value();
}

/// The same by the kernel's word, where the engine has none. `killed`: the outcome of the kernel's
/// kill, if there was one; `lived`: the main process did before. Where the kernel does not tell
/// exit codes, only that of a killed process is known.
boost::asio::awaitable<bool> TaskSteps::kernel_shows_gone(ContainerKey key, ContainerId id,
                                                          bool lived,
                                                          std::optional<Status> killed) {
  const auto* state = state_of(key);
  if (state == nullptr) co_return true;
  const int run = state->restart_count;
  // Of an exit code a restart policy may make a start that this engine would not carry out.
  const bool may_tell_code = state->stop_requested || !spec_of(key)->restart_policy;
  const bool emptied = killed && *killed;
  // Of a start that the engine never answered, nobody may have seen anything.
  bool seen_to_run = lived || state->started_at.has_value();
  if (!emptied) {
    const MainProcess process = main_process(links_, id, run);
    seen_to_run |= process == MainProcess::Ended;
    // Nothing was seen of a container that this agent found with the engine away. Where tasks have
    // no group of their own, its group may be anywhere.
    const bool nothing_left =
        settings_.task_limits && killed && killed->error().code == ErrorCode::NotFound;
    if (process != MainProcess::Ended && !(nothing_left && process == MainProcess::Unknown)) {
      co_return false;
    }
    // Processes of a shared pid namespace outlive the main one: the engine would kill them.
    const Status rest = co_await limiter_.kill(std::string(task_id(key.task)), id);
    if (!rest && rest.error().code != ErrorCode::NotFound) co_return false;
  }
  core::Observation gone{.has_run = seen_to_run, .run = run};
  if (may_tell_code) gone.exit.code = exit_code(links_, id, run);
  if (!gone.exit.code && emptied && lived) gone.exit.code = kKilledExitCode;
  gone.exit.out_of_memory =
      core::died_of_memory(gone.exit.code, memory_kills(links_, id), /*engine_says=*/false);
  post_(key.task, event::Observed{key.container, std::move(gone)});
  co_return true;
}

/// Goes on until the process is seen to be gone, by ever harder means.
TaskSteps::Void TaskSteps::stop(ContainerKey key) {
  if (!stopping_.insert(key).second) co_return;
  core::Backoff backoff(kRepeat);
  core::StopLadder ladder(clock_.steady_now(), grace_of(key));
  const auto engine_answers = [this] { return !runtime_.breaker().is_open(); };
  while (const auto* state = state_of(key)) {
    const ContainerId id = state->runtime_id;
    const core::StopMeans means = ladder.next(clock_.steady_now(), engine_answers());
    const MainProcess before = main_process(links_, id, state->restart_count);
    const Status done = co_await stop_once(key, id, means);
    const Word word = co_await engine_shows_gone(key, id);
    if (word == Word::Gone) break;
    const bool by_kernel = means == core::StopMeans::Kernel && before != MainProcess::Ended;
    const auto killed = by_kernel ? std::optional<Status>(done) : std::nullopt;
    if (word == Word::None &&
        co_await kernel_shows_gone(key, id, before == MainProcess::Lives, killed)) {
      break;
    }
    const bool unheard =
        !done && (done.error().code == ErrorCode::Unavailable || means == core::StopMeans::Ask);
    ladder.tried(means, unheard ? core::StopOutcome::Unheard : core::StopOutcome::Heard,
                 clock_.steady_now(), engine_answers());
    co_await clock_.sleep_for(pause_before_look(ladder, backoff.next(random_unit())));
  }
  stopping_.erase(key);
}

/// Not past the end of the process's time, and not long where only looking tells that it ended.
std::chrono::milliseconds TaskSteps::pause_before_look(const core::StopLadder& ladder,
                                                       std::chrono::milliseconds pause) const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(ladder.grace_over_at() - clock_.steady_now());
  if (left > 0ms) pause = std::min(pause, left);
  return runtime_.breaker().is_open() ? std::min<std::chrono::milliseconds>(pause, kLookPastEngine)
                                      : pause;
}

/// A stop does not wait for an engine that gives no answer: then it is as with a start whose answer
/// was lost, and what may run is ended by whatever means there are.
TaskSteps::Void TaskSteps::recover(ContainerKey key) {
  core::Backoff backoff(kRecover);
  while (!is_stopped(key)) {
    const ContainerId id = state_of(key)->runtime_id;
    const int run = state_of(key)->restart_count;
    const auto seen = co_await runtime_.inspect(id);
    if (seen) {
      if (seen->alive && !is_stopped(key)) tell_running(key, *seen, run);
      if (!has_run(*seen) && !is_wanted(key)) co_await end_remains(key);
      co_return post_(key.task, event::Recovered{key.container, observation_of(key, *seen, run)});
    }
    if (seen.error().code == ErrorCode::NotFound) co_return co_await clear_remains(key);
    // Only "not found" means gone: an engine that is slow or away says nothing about it.
    log_warn("cannot look at container, trying again",
             {{"task", task_id(key.task)}, {"id", id}, {"error", seen.error().message}});
    if (!is_wanted(key)) {
      co_return post_(key.task, event::StartFailed{.container = key.container,
                                                   .failure = {seen.error(), {}},
                                                   .may_run = true});
    }
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

/// A kill that nobody asked for and nobody explains: the kernel was asked too late, and the engine
/// hears of a lack of memory by another way than of the end.
bool TaskSteps::is_cause_open(const ContainerKey& key, const runtime::ContainerState& seen) const {
  const auto* state = state_of(key);
  return state != nullptr && state->phase == core::Phase::Running &&
         seen.exit_code == kKilledExitCode && !seen.oom_killed && !memory_kills(links_, seen.id);
}

TaskSteps::Void TaskSteps::look(ContainerKey key, bool expect_exit) {
  int unheard = 0;
  for (int tries = 0; state_of(key) != nullptr; ++tries) {
    const int run = state_of(key)->restart_count;
    const auto seen = co_await runtime_.inspect(state_of(key)->runtime_id);
    if (!seen) {
      if (seen.error().code == ErrorCode::NotFound) co_return co_await clear_remains(key);
      if (!expect_exit || is_stopped(key)) co_return;
      if (!kernel_suffices(key)) {
        // From an engine that is away the exit code still comes: a later comparison looks again.
        if (seen.error().code != ErrorCode::Timeout) co_return;
        // One that answers others and is stuck over this one may never say that it ended.
        if (++unheard < kUnheardLooks) continue;
      }
      co_await kernel_shows_gone(key, state_of(key)->runtime_id, false, {});
      co_return;
    }
    const bool open = seen->alive || is_cause_open(key, *seen);
    const bool stale = expect_exit && open && tries < kLooksAfterDeath;
    if (!stale) co_return tell_seen(key, *seen, run);
    co_await clock_.sleep_for(kLookAgain);
  }
}

}  // namespace longshore::engine
