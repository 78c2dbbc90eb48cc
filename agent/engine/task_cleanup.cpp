#include "agent/engine/task_steps.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/engine/container_request.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

/// What stands in the way, such as a volume that somebody else uses, may stay there for days.
constexpr core::BackoffSchedule kRepeat{.first = 1s, .limit = 10min, .factor = 1.5, .jitter = 0.2};
/// How long a report of STOPPED may wait for the control plane before disk space comes first.
/// Source: amazon-ecs-agent:agent/engine/task_manager.go (it gives clean-up up then).
constexpr auto kAcceptanceWait = 72h;

}  // namespace

/// A clock that was set back since does not make it negative, which would be waited for.
std::chrono::milliseconds TaskSteps::time_since(std::optional<WallTime> then) const {
  const WallTime now = clock_.wall_now();
  const auto passed = now - std::min(then.value_or(now), now);
  return std::chrono::duration_cast<std::chrono::milliseconds>(passed);
}

TaskSteps::Void TaskSteps::wait_start_timeout(ContainerKey key) {
  const auto* state = state_of(key);
  const auto* spec = spec_of(key);
  if (state == nullptr || !spec->start_timeout) co_return;
  co_await clock_.sleep_for(*spec->start_timeout - time_since(state->started_at));
  post_(key.task, event::StartTimeoutPassed{key.container});
}

TaskSteps::Void TaskSteps::wait_cleanup(TaskArn arn) {
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return;
  const auto jitter = settings_.cleanup_jitter * random_unit();
  const std::chrono::milliseconds left = settings_.cleanup_wait - time_since(task->stopped_at);
  co_await clock_.sleep_for(left + std::chrono::duration_cast<std::chrono::milliseconds>(jitter));
  post_(arn, event::CleanupDue{});
  task = tasks_.find(arn);
  if (task == nullptr || task->cleanup != core::Cleanup::Due) co_return;
  co_await clock_.sleep_for(std::min(left, 0ms) + kAcceptanceWait);
  post_(arn, event::CleanupOverdue{});
}

/// Whether none is left. By label and not by id, so that a container whose create call never
/// answered goes too.
boost::asio::awaitable<bool> TaskSteps::remove_containers_once(TaskArn arn) {
  const auto found = co_await runtime_.list(kTaskArnLabel, arn.str());
  if (!found) co_return false;
  bool all_gone = true;
  for (const auto& container : *found) {
    const auto removed = co_await runtime_.remove(container.id);
    if (removed) continue;
    all_gone = false;
    log_warn("cannot remove container, trying again",
             {{"task", task_id(arn)}, {"id", container.id}, {"error", removed.error().message}});
  }
  co_return all_gone;
}

TaskSteps::Void TaskSteps::remove_containers(TaskArn arn) {
  std::erase_if(image_environments_, [&](const auto& seen) { return seen.first.task == arn; });
  std::erase_if(hidden_exit_codes_, [&](const auto& key) { return key.task == arn; });
  core::Backoff backoff(kRepeat);
  while (!co_await remove_containers_once(arn)) {
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
  post_(arn, event::ContainersRemoved{});
}

TaskSteps::Void TaskSteps::remove_resources(TaskArn arn) {
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return;
  const std::vector<std::string> own = own_volumes(*task);
  core::Backoff backoff(kRepeat);
  while (true) {
    const Status removed = co_await remove_resources_once(arn, own);
    if (removed) break;
    log_warn("cannot remove what the task had, trying again",
             {{"task", task_id(arn)}, {"error", removed.error().message}});
    co_await clock_.sleep_for(backoff.next(random_unit()));
    // A create call of an agent that was killed may have come through since the last look.
    co_await remove_containers_once(arn);
  }
  post_(arn, event::ResourcesRemoved{});
}

/// Shared volumes stay.
std::vector<std::string> TaskSteps::own_volumes(const core::TaskState& task) {
  std::vector<std::string> volumes;
  for (std::size_t i = 0; i < task.volume_names.size(); ++i) {
    if (task.spec->volumes[i].scope == core::VolumeScope::Task) {
      volumes.push_back(task.volume_names[i]);
    }
  }
  return volumes;
}

boost::asio::awaitable<Status> TaskSteps::remove_resources_once(TaskArn arn,
                                                                std::vector<std::string> volumes) {
  for (const std::string& volume : volumes) {
    const Status removed = co_await runtime_.remove_volume(volume);
    if (!removed) co_return fail("volume " + volume, removed.error());
  }
  if (!settings_.task_limits) co_return Status{};
  const Status removed = co_await limiter_.remove(std::string(task_id(arn)));
  if (!removed) co_return fail("cgroup", removed.error());
  co_return Status{};
}

}  // namespace longshore::engine
