#include "agent/engine/repeat_unheard.hpp"
#include "agent/engine/task_steps.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"

namespace longshore::engine {
namespace {

namespace event = core::event;

constexpr std::int64_t kBytesPerMib = 1'048'576;
constexpr std::int64_t kMinCpuShares = 2;
/// The official agent's words, whatever the cause was; that is in the log.
constexpr const char* kNoCgroup = "Agent could not create task's platform resources";
/// So begins what the official agent finds out about a shared volume before it takes the task over.
constexpr std::string_view kCheck = "initialize volume: ";

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

/// What stands before the cause in the task's reason. A check has the words of a task that is not
/// taken over, as the official agent has it.
std::string volume_failure_name(const TaskArn& arn, const Error& error) {
  const bool check = error.message.starts_with(kCheck);
  return check ? "resource cannot be initialized for task " + arn.str() : "VolumeError";
}

}  // namespace

boost::asio::awaitable<Status> TaskSteps::create_cgroup(TaskArn arn) {
  if (!settings_.task_limits) co_return Status{};
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return Status{};
  co_return co_await limiter_.create(std::string(task_id(arn)), limits_of(*task->spec, settings_));
}

/// A shared volume is used as it is, and made only where the task allows that.
/// Source of the words: amazon-ecs-agent:agent/api/task/task.go (addSharedVolumes).
boost::asio::awaitable<Status> TaskSteps::create_volume(core::Volume volume, std::string name) {
  if (volume.scope == core::VolumeScope::Shared) {
    const auto present = co_await runtime_.inspect_volume(name);
    // One that the task may not make is its operator's business.
    if (present && volume.autoprovision && settings_.match_shared_volumes &&
        (present->labels != volume.labels || present->driver_options != volume.driver_options)) {
      co_return fail(ErrorCode::Conflict,
                     "{}non-autoprovisioned volume {} does not match existing volume labels or "
                     "options",
                     kCheck, name);
    }
    if (present) co_return Status{};
    if (present.error().code != ErrorCode::NotFound) co_return fail(present.error());
    if (!volume.autoprovision) {
      co_return fail(ErrorCode::NotFound,
                     "{}volume detection failed, volume '{}' does not exist and autoprovision is "
                     "set to false: {}",
                     kCheck, name, present.error().message);
    }
  }
  co_return co_await runtime_.create_volume({.name = std::move(name),
                                             .driver = std::move(volume.driver),
                                             .driver_options = std::move(volume.driver_options),
                                             .labels = std::move(volume.labels)});
}

boost::asio::awaitable<Status> TaskSteps::create_volumes(TaskArn arn) {
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return Status{};
  const auto spec = task->spec;
  const std::vector<std::string> names = task->volume_names;
  const SteadyTime end = clock_.steady_now() + settings_.create_timeout;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Status made = co_await repeat_unheard(
        &clock_, end, [this, arn] { return is_wanted(arn); },
        [this, volume = spec->volumes[i], name = names[i]] { return create_volume(volume, name); });
    if (made) continue;
    if (made.error().message.starts_with(kCheck)) co_return made;
    co_return fail("volume " + spec->volumes[i].name, made.error());
  }
  co_return Status{};
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
  } else if (Status volumes = co_await create_volumes(arn); !volumes) {
    ready.failure_name = volume_failure_name(arn, volumes.error());
    ready.failure = core::Failure{std::move(volumes).error(), {}};
  }
  // A slow volume driver may outlast the task and its clean-up: nobody else knows of what it made.
  task = tasks_.find(arn);
  if (task == nullptr || task->cleanup > core::Cleanup::Due) {
    const Status removed = co_await remove_resources_once(arn, own);
    if (!removed) {
      log_warn("cannot remove what was made for a task that is over",
               {{"task", task_id(arn)}, {"error", removed.error().message}});
    }
  }
  post_(arn, std::move(ready));
}

}  // namespace longshore::engine
