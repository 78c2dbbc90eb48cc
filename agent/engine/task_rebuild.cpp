// Tasks whose record is lost: what is left of them is what the engine shows.
#include <cstddef>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/text.hpp"
#include "agent/base/time_text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/engine/container_request.hpp"
#include "agent/engine/rebuild.hpp"
#include "agent/engine/task_engine.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;

constexpr core::BackoffSchedule kLookAgain{
    .first = 500ms, .limit = 10s, .factor = 2.0, .jitter = 0.2};
/// For one container: others shall not wait until its call is given up.
constexpr auto kStuckAfter = 5s;
/// As for an engine that is not there at all.
constexpr auto kStartWaits = 10s;

}  // namespace

/// As the runtime's, but Timeout after kStuckAfter.
boost::asio::awaitable<Result<runtime::ContainerState>> TaskEngine::inspect_soon(ContainerId id) {
  auto seen = co_await race_for(runtime_.inspect(std::move(id)), clock_.sleep_for(kStuckAfter));
  if (!seen) co_return fail(ErrorCode::Timeout, "no answer in time");
  co_return *std::move(seen);
}

/// Containers of this cluster that no task here accounts for and that may be a lost one's, as
/// inspects show them. Errors: the engine did not answer.
boost::asio::awaitable<Result<TaskEngine::Strangers>> TaskEngine::find_strangers() {
  auto shown = co_await runtime_.list(kClusterLabel, settings_.cluster);
  if (!shown) co_return fail("list containers", std::move(shown).error());
  Strangers strangers;
  for (const runtime::ContainerState& container : *shown) {
    const auto arn = labelled_task(container, settings_.cluster);
    if (!arn || !may_be_lost(*arn) || tasks_.find(*arn) != nullptr) continue;
    auto seen = co_await inspect_soon(container.id);
    if (seen) {
      strangers.seen.push_back(std::move(*seen));
    } else if (seen.error().code == ErrorCode::Timeout) {
      if (!stuck_.contains(*arn)) {
        log_warn("the engine is stuck over a container whose task is not known, trying again",
                 {{"task", task_id(*arn)}, {"id", container.id}});
      }
      strangers.stuck.insert(*arn);
    } else if (seen.error().code != ErrorCode::NotFound) {
      co_return fail("inspect " + container.id.str(), std::move(seen).error());
    }
  }
  // A task is made from all that is left of it.
  std::erase_if(strangers.seen, [&](const runtime::ContainerState& container) {
    return strangers.stuck.contains(*labelled_task(container, settings_.cluster));
  });
  co_return strangers;
}

/// As find_strangers(), until the engine answers.
boost::asio::awaitable<TaskEngine::Strangers> TaskEngine::await_strangers() {
  core::Backoff backoff(kLookAgain);
  std::string told;
  while (true) {
    auto looked = co_await find_strangers();
    if (looked) co_return *std::move(looked);
    const std::string& error = looked.error().message;
    if (error != std::exchange(told, error)) {
      log_warn("cannot look for containers whose task is not known, trying again",
               {{"error", error}});
    }
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

/// Leaves out what came with a copy of another host's disk: it is the other host's to tell about.
/// Before its first registration this host was given no task, so then all of them came with it, by
/// whatever clock; that is remembered, since later starts have nothing to go by but the time.
boost::asio::awaitable<std::vector<runtime::ContainerState>> TaskEngine::without_copied(
    std::vector<runtime::ContainerState> strangers) {
  const std::string saved = metadata(store::kContainersSinceKey);
  if (saved.empty()) co_return strangers;
  WallTime since = parse_rfc3339(saved);
  if (never_registered_) since = after_creation(strangers, since);
  core::Backoff backoff(kLookAgain);
  while (metadata(store::kContainersSinceKey) != to_rfc3339(since)) {
    const Status known = co_await set_metadata(store::kContainersSinceKey, to_rfc3339(since));
    if (known) break;
    log_warn("cannot record which containers are another host's, trying again",
             {{"error", known.error().message}});
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
  const std::size_t all = strangers.size();
  strangers = created_since(std::move(strangers), since);
  if (strangers.size() < all) {
    log_warn("containers that came with a copy of another host's disk are left alone",
             {{"containers", all - strangers.size()}, {"created_before", to_rfc3339(since)}});
  }
  co_return strangers;
}

/// Makes them tasks again.
TaskEngine::Void TaskEngine::adopt(Strangers strangers) {
  const auto own = co_await without_copied(std::move(strangers.seen));
  for (core::TaskState& task : rebuild_tasks(own)) {
    const TaskArn arn = task.spec->arn;
    task.arrival = next_arrival_++;
    log_error("the record of a task is lost; it is taken over with the containers the engine shows",
              {{"task", task_id(arn)},
               {"family", task.spec->family},
               {"containers", task.containers.size()}});
    arrived_.push_back(arn);
    tasks_.insert(std::move(task));
    tasks_.touch(arn);
  }
  stuck_ = std::move(strangers.stuck);
  strangers_due_ = false;
}

/// Not asked only where the database says that it was damaged: a log that was cut short leaves a
/// sound database without the last tasks. No new task begins before there is an answer, since a
/// payload would be taken for a task never seen, and its containers for nobody's. But an engine
/// that hangs keeps the rest of the start for a while only.
TaskEngine::Void TaskEngine::take_over_strangers() {
  strangers_due_ = true;
  if (runtime_.breaker().is_open()) co_return;
  auto found = co_await race_for(await_strangers(), clock_.sleep_for(kStartWaits));
  if (found) co_return co_await adopt(std::move(*found));
  log_warn("the container engine does not show its containers; new tasks wait for that");
}

/// Once all else runs: what the start did not wait for.
TaskEngine::Void TaskEngine::take_over_strangers_late() {
  core::Backoff backoff(kLookAgain);
  while (looks_for_lost_tasks()) {
    if (!strangers_due_) co_await clock_.sleep_for(backoff.next(random_unit()));
    co_await adopt(co_await await_strangers());
    begin_arrived();
  }
}

}  // namespace longshore::engine
