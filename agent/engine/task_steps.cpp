#include "agent/engine/task_steps.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "agent/engine/container_request.hpp"
#include "agent/engine/observation.hpp"
#include "agent/engine/port_probe.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

/// For steps that are repeated until they work: the task's end must not be lost to one bad answer.
constexpr core::BackoffSchedule kRepeat{.first = 1s, .limit = 30s, .factor = 1.5, .jitter = 0.2};
constexpr int kLooksAfterDeath = 10;

}  // namespace

TaskSteps::TaskSteps(boost::asio::any_io_executor executor, Clock& clock,
                     runtime::ContainerRuntime& runtime, runtime::ResourceLimiter& limiter,
                     const EngineSettings& settings, const EngineLinks& links,
                     const TaskTable& tasks, const RoleKeys& keys, Post post)
    : executor_(std::move(executor)),
      clock_(clock),
      runtime_(runtime),
      limiter_(limiter),
      settings_(settings),
      links_(links),
      tasks_(tasks),
      keys_(keys),
      post_(std::move(post)),
      ports_(settings.dynamic_ports.value_or(kernel_port_range()), tasks, is_port_free),
      launches_(settings.launches_at_once) {}

const core::ContainerState* TaskSteps::state_of(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  return task == nullptr ? nullptr : &task->containers[key.container];
}

const core::ContainerSpec* TaskSteps::spec_of(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  return task == nullptr ? nullptr : &task->spec->containers[key.container];
}

bool TaskSteps::is_stopped(const ContainerKey& key) const {
  const auto* state = state_of(key);
  return state == nullptr || state->phase == core::Phase::Stopped;
}

void TaskSteps::run(TaskArn task, core::Action action) {
  std::visit([&](const auto& a) { start(a, task); }, action);
}

void TaskSteps::start(const core::action::CreateResources&, const TaskArn& task) {
  spawn(executor_, "create resources", create_resources(task));
}
void TaskSteps::start(const core::action::Resolve& a, const TaskArn& task) {
  spawn(executor_, "resolve image", resolve({task, a.container}));
}
void TaskSteps::start(const core::action::Pull& a, const TaskArn& task) {
  const ContainerKey key{task, a.container};
  auto signal = std::make_shared<boost::asio::cancellation_signal>();
  pulls_[key] = signal;
  // The signal lives as long as the coroutine: a later pull of the same container has its own.
  spawn(executor_, "pull image", pull(key), signal->slot(), [this, key, signal] {
    const auto mine = pulls_.find(key);
    if (mine != pulls_.end() && mine->second == signal) pulls_.erase(mine);
  });
}
void TaskSteps::start(const core::action::CancelPull& a, const TaskArn& task) {
  const auto found = pulls_.find({task, a.container});
  if (found != pulls_.end()) found->second->emit(boost::asio::cancellation_type::terminal);
}
void TaskSteps::start(const core::action::Create& a, const TaskArn& task) {
  spawn(executor_, "create container", create({task, a.container}));
}
void TaskSteps::start(const core::action::Start& a, const TaskArn& task) {
  spawn(executor_, "start container", start_container({task, a.container}));
}
void TaskSteps::start(const core::action::Stop& a, const TaskArn& task) {
  spawn(executor_, "stop container", stop({task, a.container}));
}
void TaskSteps::start(const core::action::Recover& a, const TaskArn& task) {
  spawn(executor_, "recover container", recover({task, a.container}));
}
void TaskSteps::start(const core::action::ArmStartTimeout& a, const TaskArn& task) {
  spawn(executor_, "start timeout", wait_start_timeout({task, a.container}));
}
void TaskSteps::start(const core::action::ArmCleanup&, const TaskArn& task) {
  spawn(executor_, "clean-up wait", wait_cleanup(task));
}
void TaskSteps::start(const core::action::RemoveContainers&, const TaskArn& task) {
  spawn(executor_, "remove containers", remove_containers(task));
}
void TaskSteps::start(const core::action::RemoveResources&, const TaskArn& task) {
  spawn(executor_, "remove resources", remove_resources(task));
}

void TaskSteps::observe(ContainerKey key, bool expect_exit) {
  spawn(executor_, "look at container", look(std::move(key), expect_exit));
}

TaskSteps::Void TaskSteps::create_resources(TaskArn arn) {
  if (!settings_.task_limits) co_return post_(arn, event::ResourcesReady{});
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return;
  runtime::TaskLimits limits{.cpu_vcpus = task->spec->cpu_vcpus,
                             .cpu_shares = 0,
                             .memory_bytes = task->spec->memory_mib * 1'048'576,
                             .pids = settings_.pids_limit,
                             .cpu_period = settings_.cpu_period};
  for (const auto& c : task->spec->containers) {
    limits.cpu_shares += std::max<std::int64_t>(2, c.cpu_units);
  }
  auto made = co_await limiter_.create(std::string(task_id(arn)), limits);
  event::ResourcesReady ready;
  if (!made) ready.failure = core::Failure{std::move(made).error(), {}};
  post_(arn, std::move(ready));
}

ImageRequest TaskSteps::image_request(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) return {};
  const core::ContainerSpec& container = task->spec->containers[key.container];
  ImageRequest request{.image = container.image,
                       .digest = task->containers[key.container].image_digest,
                       .ecr = container.ecr_auth};
  if (container.ecr_auth && container.ecr_auth->use_execution_role) {
    request.keys = keys_.find(task->spec->execution_role_credentials_id);
  }
  return request;
}

TaskSteps::Void TaskSteps::resolve(ContainerKey key) {
  ImageResolution answer = co_await links_.resolve_image(image_request(key));
  post_(key.task, event::Resolved{.container = key.container,
                                  .digest = std::move(answer.digest),
                                  .failure = std::move(answer.failure),
                                  .fatal = answer.fatal});
}

TaskSteps::Void TaskSteps::pull(ContainerKey key) {
  ImagePull answer = co_await links_.pull_image(image_request(key));
  post_(key.task, event::Pulled{.container = key.container,
                                .began = answer.began,
                                .failure = std::move(answer.failure),
                                .failure_name = std::move(answer.failure_name),
                                .fatal = answer.fatal});
}

TaskSteps::Void TaskSteps::create(ContainerKey key) {
  const auto pass = co_await launches_.enter();
  const core::ContainerSpec* wanted = spec_of(key);
  if (wanted == nullptr) co_return;
  const auto failed = [&](Error error, std::string name = event::Created{}.failure_name) {
    post_(key.task,
          event::Created{.container = key.container,
                         .failure = core::Failure{std::move(error), settings_.create_timeout},
                         .failure_name = std::move(name)});
  };
  // A missing image is the create call's to tell: its words are the ones people know.
  const auto image = co_await runtime_.inspect_image(wanted->image);
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) co_return;
  auto spec = to_runtime_spec(
      *task, key.container, image ? image->environment : std::vector<std::string>{},
      settings_.task_limits ? limiter_.cgroup_parent(std::string(task_id(key.task))) : "",
      settings_);
  if (!spec) co_return failed(std::move(spec.error().error), std::move(spec.error().name));
  auto ports = ports_.bind(key, task->spec->containers[key.container].ports);
  if (!ports) co_return failed(std::move(ports).error(), "HostConfigError");
  spec->ports = std::move(*ports);
  auto id = co_await runtime_.create(std::move(*spec));
  if (!id) co_return failed(std::move(id).error());
  post_(key.task, event::Created{.container = key.container, .id = std::move(*id)});
}

TaskSteps::Void TaskSteps::start_container(ContainerKey key) {
  const auto pass = co_await launches_.enter();
  const auto* state = state_of(key);
  if (state == nullptr) co_return;
  const ContainerId id = state->runtime_id;
  auto started = co_await runtime_.start(id, spec_of(key)->min_api_version);
  if (!started) {
    const Error& error = started.error();
    // The engine may have started it although its answer was lost.
    const bool may_run = error.code == ErrorCode::Timeout || error.code == ErrorCode::Unavailable ||
                         error.message.ends_with("EOF");
    co_return post_(key.task, event::StartFailed{
                                  .container = key.container,
                                  .failure = {std::move(started).error(), settings_.start_timeout},
                                  .may_run = may_run});
  }
  auto seen = co_await runtime_.inspect(id);
  if (!seen) {
    co_return post_(key.task, event::StartFailed{.container = key.container,
                                                 .failure = {std::move(seen).error(), 30s},
                                                 .failure_name = "CannotInspectContainerError",
                                                 .may_run = true});
  }
  tell_seen(key, *seen);
}

/// Stops, and goes on stopping, until the container is seen to be gone.
TaskSteps::Void TaskSteps::stop(ContainerKey key) {
  core::Backoff backoff(kRepeat);
  while (!is_stopped(key)) {
    const ContainerId id = state_of(key)->runtime_id;
    const auto grace = spec_of(key)->stop_timeout.value_or(settings_.stop_timeout);
    const auto stopped = co_await runtime_.stop(id, grace);
    if (!stopped) {
      log_warn("cannot stop container, trying again",
               {{"task", task_id(key.task)}, {"id", id}, {"error", stopped.error().message}});
    }
    const auto seen = co_await runtime_.inspect(id);
    if (seen) {
      tell_seen(key, *seen);
    } else if (seen.error().code == ErrorCode::NotFound) {
      post_(key.task, event::Vanished{key.container});
    }
    if (!is_stopped(key)) co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

TaskSteps::Void TaskSteps::recover(ContainerKey key) {
  core::Backoff backoff(kRepeat);
  while (!is_stopped(key)) {
    const ContainerId id = state_of(key)->runtime_id;
    const auto seen = co_await runtime_.inspect(id);
    if (seen) {
      if (seen->alive) tell_running(key, *seen);
      co_return post_(key.task, event::Recovered{key.container, observation_of(key, *seen)});
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
  for (int tries = 0; !is_stopped(key); ++tries) {
    const auto seen = co_await runtime_.inspect(state_of(key)->runtime_id);
    if (!seen) {
      if (seen.error().code == ErrorCode::NotFound) {
        post_(key.task, event::Vanished{key.container});
      }
      co_return;  // Anything else: the next reconciliation looks again.
    }
    const bool stale = expect_exit && seen->alive && tries < kLooksAfterDeath;
    if (!stale) co_return tell_seen(key, *seen);
    co_await clock_.sleep_for(50ms);
  }
}

TaskSteps::Void TaskSteps::wait_start_timeout(ContainerKey key) {
  const auto* state = state_of(key);
  const auto* spec = spec_of(key);
  if (state == nullptr || !spec->start_timeout) co_return;
  const auto since = state->started_at.value_or(clock_.wall_now());
  co_await clock_.sleep_for(since + *spec->start_timeout - clock_.wall_now());
  post_(key.task, event::StartTimeoutPassed{key.container});
}

TaskSteps::Void TaskSteps::wait_cleanup(TaskArn arn) {
  const core::TaskState* task = tasks_.find(arn);
  if (task == nullptr) co_return;
  const auto jitter = settings_.cleanup_jitter * random_unit();
  const auto due = task->stopped_at.value_or(clock_.wall_now()) + settings_.cleanup_wait;
  co_await clock_.sleep_for(due - clock_.wall_now() +
                            std::chrono::duration_cast<std::chrono::milliseconds>(jitter));
  post_(arn, event::CleanupDue{});
}

TaskSteps::Void TaskSteps::remove_containers(TaskArn arn) {
  core::Backoff backoff(kRepeat);
  // By label and not by id, so that a container whose create call never answered goes too.
  while (true) {
    const auto found = co_await runtime_.list(kTaskArnLabel, arn.str());
    bool all_gone = found.has_value();
    if (found) {
      for (const auto& container : *found) {
        const auto removed = co_await runtime_.remove(container.id);
        if (!removed) {
          all_gone = false;
          log_warn(
              "cannot remove container, trying again",
              {{"task", task_id(arn)}, {"id", container.id}, {"error", removed.error().message}});
        }
      }
    }
    if (all_gone) co_return post_(arn, event::ContainersRemoved{});
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
}

TaskSteps::Void TaskSteps::remove_resources(TaskArn arn) {
  core::Backoff backoff(kRepeat);
  while (settings_.task_limits) {
    const auto removed = co_await limiter_.remove(std::string(task_id(arn)));
    if (removed) break;
    log_warn("cannot remove the task's cgroup, trying again",
             {{"task", task_id(arn)}, {"error", removed.error().message}});
    co_await clock_.sleep_for(backoff.next(random_unit()));
  }
  post_(arn, event::ResourcesRemoved{});
}

void TaskSteps::tell_running(const ContainerKey& key, const runtime::ContainerState& seen) {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr || !links_.container_running) return;
  const core::ContainerSpec& spec = task->spec->containers[key.container];
  links_.container_running(
      {.id = seen.id,
       .task = key.task,
       .family = task->spec->family,
       .version = task->spec->version,
       .name = spec.name,
       .network_mode = task->spec->network_mode.empty() ? "bridge" : task->spec->network_mode,
       .has_health_check = spec.has_health_check,
       .pid = seen.pid});
}

void TaskSteps::tell_seen(const ContainerKey& key, const runtime::ContainerState& seen) {
  if (seen.alive) tell_running(key, seen);
  post_(key.task, event::Observed{key.container, observation_of(key, seen)});
}

core::Observation TaskSteps::observation_of(const ContainerKey& key,
                                            const runtime::ContainerState& seen) const {
  const core::ContainerSpec* spec = spec_of(key);
  return to_observation(seen, spec == nullptr ? std::vector<core::PortMapping>{} : spec->ports);
}

}  // namespace longshore::engine
