#include "agent/engine/repeat_unheard.hpp"
#include "agent/engine/task_steps.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "agent/core/refusal.hpp"
#include "agent/engine/shared_volumes.hpp"

namespace longshore::engine {
namespace {

namespace event = core::event;

constexpr std::int64_t kBytesPerMib = 1'048'576;
constexpr std::int64_t kMinCpuShares = 2;
/// The official agent's words, whatever the cause was; that is in the log.
constexpr const char* kNoCgroup = "Agent could not create task's platform resources";

runtime::TaskLimits limits_of(const core::TaskSpec& spec, const EngineSettings& settings) {
  runtime::TaskLimits limits{.cpu_vcpus = spec.cpu_vcpus,
                             .cpu_shares = 0,
                             .memory_bytes = spec.memory_mib * kBytesPerMib,
                             .pids = settings.pids_limit,
                             .cpu_period = settings.cpu_period};
  for (const auto& c : spec.containers) {
    if (c.kind != core::ContainerKind::Normal) continue;
    limits.cpu_shares += std::max(kMinCpuShares, c.cpu_units);
  }
  return limits;
}

}  // namespace

boost::asio::awaitable<Status> TaskSteps::create_cgroup(TaskArn arn) {
  if (!settings_.task_limits) co_return Status{};
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return Status{};
  co_return co_await limiter_.create(std::string(task_id(arn)), limits_of(*task->spec, settings_));
}

/// A shared volume is used as it is, and made only where the task allows that. Gives why the task
/// may not have it, should that have changed since the task was accepted; nullopt: it is there.
boost::asio::awaitable<Result<std::optional<std::string>>> TaskSteps::create_volume(
    core::Volume volume, std::string name) {
  if (volume.scope == core::VolumeScope::Shared) {
    const auto present = co_await find_shared_volume(&runtime_, name);
    if (auto misfit = core::find_volume_misfit(volume, present, settings_.match_shared_volumes)) {
      co_return misfit;
    }
    if (present) co_return std::nullopt;
    if (present.error().code != ErrorCode::NotFound) co_return fail(present.error());
  }
  Status made = co_await runtime_.create_volume({.name = std::move(name),
                                                 .driver = std::move(volume.driver),
                                                 .driver_options = std::move(volume.driver_options),
                                                 .labels = std::move(volume.labels)});
  if (!made) co_return fail(std::move(made).error());
  co_return std::nullopt;
}

boost::asio::awaitable<event::ResourcesReady> TaskSteps::create_volumes(TaskArn arn) {
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return event::ResourcesReady{};
  const auto spec = task->spec;
  const std::vector<std::string> names = task->volume_names;
  const SteadyTime end = clock_.steady_now() + settings_.create_timeout;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto refused = co_await repeat_unheard(
        &clock_, end, [this, arn] { return is_wanted(arn); },
        [this, volume = spec->volumes[i], name = names[i]] { return create_volume(volume, name); });
    event::ResourcesReady failed;
    if (!refused) {
      // The official agent has no name for it: the engine's words, which hold the volume's, alone.
      failed.failure_name = {};
      failed.failure = core::Failure{std::move(refused).error(), {}};
      co_return failed;
    }
    if (!*refused) continue;
    failed.failure_name = core::unready_resource(arn);
    failed.failure = core::Failure{{ErrorCode::Conflict, **std::move(refused)}, {}};
    co_return failed;
  }
  co_return event::ResourcesReady{};
}

TaskSteps::Void TaskSteps::create_resources(TaskArn arn) {
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr || task->resources != core::Resources::Creating) co_return;
  const std::vector<std::string> own = own_volumes(*task);
  event::ResourcesReady ready;
  if (const Status made = co_await create_cgroup(arn); !made) {
    log_warn("cannot make the cgroup of a task",
             {{"task", task_id(arn)}, {"error", made.error().message}});
    ready.failure = core::Failure{{made.error().code, kNoCgroup}, {}};
  } else {
    ready = co_await create_volumes(arn);
  }
  // A slow volume driver may outlast the task and its clean-up: nobody else knows of what it made.
  if (is_cleaned_up(arn)) {
    const Status removed = co_await remove_resources_once(arn, own);
    if (!removed) {
      log_warn("cannot remove what was made for a task that is over",
               {{"task", task_id(arn)}, {"error", removed.error().message}});
    }
  }
  post_(arn, std::move(ready));
}

}  // namespace longshore::engine
