#include "agent/engine/task_steps.hpp"

#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/reason.hpp"
#include "agent/engine/container_request.hpp"
#include "agent/engine/observation.hpp"
#include "agent/engine/port_probe.hpp"
#include "agent/engine/repeat_unheard.hpp"

namespace longshore::engine {
namespace {

namespace event = core::event;

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
      turns_(executor_, clock, settings.launches_at_once),
      teardown_(clock, runtime) {}

const core::ContainerState* TaskSteps::state_of(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  return task == nullptr ? nullptr : &task->containers[key.container];
}

const core::ContainerSpec* TaskSteps::spec_of(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  return task == nullptr ? nullptr : &task->spec->containers[key.container];
}

bool TaskSteps::is_stopped(const ContainerKey& key) const {
  return state_of(key) == nullptr || is_at(key, core::Phase::Stopped);
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
void TaskSteps::start(const core::action::CancelStart& a, const TaskArn& task) {
  const auto found = waiting_starts_.find({task, a.container});
  if (found != waiting_starts_.end()) found->second->set();
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

ImageRequest TaskSteps::image_request(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) return {};
  const core::ContainerSpec& container = task->spec->containers[key.container];
  ImageRequest request{.image = container.image,
                       .digest = task->containers[key.container].image_digest,
                       .ecr = container.ecr_auth};
  if (container.ecr_auth && container.ecr_auth->use_execution_role) {
    request.keys = keys_.find(key.task, control::RoleType::TaskExecution);
  }
  return request;
}

/// For a step that failed: false when that was not for want of an engine; otherwise waits for it,
/// as long as somebody still wants the container and a create may take.
boost::asio::awaitable<bool> TaskSteps::engine_came_back(ContainerKey key) {
  if (!runtime_.breaker().is_open()) co_return false;
  const SteadyTime limit = clock_.steady_now() + settings_.create_timeout;
  while (runtime_.breaker().is_open()) {
    if (!is_wanted(key) || clock_.steady_now() >= limit) co_return false;
    co_await clock_.sleep_for(kAskAgain);
  }
  co_return is_wanted(key);
}

TaskSteps::Void TaskSteps::resolve(ContainerKey key) {
  // A disk that took nothing may have held this back until after a stop.
  if (!is_at(key, core::Phase::Resolving)) co_return;
  ImageResolution answer = co_await links_.resolve_image(image_request(key));
  while (answer.failure && co_await engine_came_back(key)) {
    answer = co_await links_.resolve_image(image_request(key));
  }
  post_(key.task, event::Resolved{.container = key.container,
                                  .digest = std::move(answer.digest),
                                  .failure = std::move(answer.failure),
                                  .failure_name = std::move(answer.failure_name),
                                  .fatal = answer.fatal});
}

TaskSteps::Void TaskSteps::pull(ContainerKey key) {
  if (!is_at(key, core::Phase::Pulling)) co_return;
  const auto request = [this, key] {
    ImageRequest wanted = image_request(key);
    wanted.on_begin = [this, key] { post_(key.task, event::PullBegan{key.container}); };
    return wanted;
  };
  ImagePull answer = co_await links_.pull_image(request());
  while (answer.failure && co_await engine_came_back(key)) {
    answer = co_await links_.pull_image(request());
  }
  if (answer.environment && is_at(key, core::Phase::Pulling)) {
    image_environments_[key] = std::move(*answer.environment);
  }
  post_(key.task, event::Pulled{.container = key.container,
                                .needed = answer.needed,
                                .failure = std::move(answer.failure),
                                .failure_name = std::move(answer.failure_name),
                                .fatal = answer.fatal,
                                .image_missing = answer.image_missing});
}

/// The image's own ENV, which the pull may have seen. A missing image is the create call's to tell:
/// its words are the ones people know.
boost::asio::awaitable<std::vector<std::string>> TaskSteps::image_environment(ContainerKey key,
                                                                              std::string image,
                                                                              SteadyTime end) {
  const auto known = image_environments_.extract(key);
  if (!known.empty()) co_return known.mapped();
  auto seen = co_await repeat_unheard(
      &clock_, end, [this, key] { return is_wanted(key); },
      [this, image] { return runtime_.inspect_image(image); });
  co_return seen ? std::move(seen->environment) : std::vector<std::string>{};
}

bool TaskSteps::is_wanted(const TaskArn& task) const {
  const core::TaskState* state = tasks_.find(task);
  return state != nullptr && !state->stop_requested;
}

bool TaskSteps::is_cleaned_up(const TaskArn& task) const {
  const core::TaskState* state = tasks_.find(task);
  return state == nullptr || state->cleanup > core::Cleanup::Due;
}

bool TaskSteps::is_wanted(const ContainerKey& key) const {
  const auto* state = state_of(key);
  return state != nullptr && !state->stop_requested;
}

bool TaskSteps::is_at(const ContainerKey& key, core::Phase phase) const {
  const auto* state = state_of(key);
  return state != nullptr && state->phase == phase;
}

boost::asio::awaitable<LaunchTurns::Turn> TaskSteps::take_turn(const ContainerKey& key) {
  const auto* spec = spec_of(key);
  return turns_.take(key.task, spec == nullptr ? std::string{} : spec->name.str());
}

TaskSteps::Void TaskSteps::create(ContainerKey key) {
  const auto turn = co_await take_turn(key);
  // A stop may have come while this waited for its turn, and again below.
  if (!is_at(key, core::Phase::Creating)) co_return;
  const SteadyTime end = clock_.steady_now() + settings_.create_timeout;
  const core::ContainerSpec wanted = *spec_of(key);
  const auto failed = [&](Error error, std::string name = event::Created{}.failure_name) {
    post_(key.task,
          event::Created{.container = key.container,
                         .failure = core::Failure{std::move(error), settings_.create_timeout},
                         .failure_name = std::move(name)});
  };
  // Of an attempt whose ports were taken: what it made has those ports for good.
  if (const ContainerId former = state_of(key)->runtime_id; !former.empty()) {
    const Status removed = co_await repeat_unheard(
        &clock_, end, [this, key] { return is_wanted(key); },
        [this, former] { return runtime_.remove(former); });
    if (!removed) co_return failed(removed.error());
    if (!is_at(key, core::Phase::Creating)) co_return;
  }
  std::vector<std::string> environment;
  if (wanted.kind == core::ContainerKind::Normal) {
    environment = co_await image_environment(key, wanted.image, end);
  } else {
    const Status ready = co_await repeat_unheard(
        &clock_, end, [this, key] { return is_wanted(key); },
        [this] { return links_.prepare_pause_image(); });
    if (!ready) co_return failed(ready.error());
  }
  if (!is_at(key, core::Phase::Creating)) co_return;
  auto spec = to_runtime_spec(
      *tasks_.find(key.task), key.container, environment,
      settings_.task_limits ? limiter_.cgroup_parent(std::string(task_id(key.task))) : "",
      settings_);
  if (!spec) co_return failed(std::move(spec.error().error), std::move(spec.error().name));
  auto ports = ports_.bind(key, wanted.ports);
  if (!ports) co_return failed(std::move(ports).error(), "HostConfigError");
  spec->ports = std::move(*ports);
  const std::vector<std::string> volumes = own_volumes(*tasks_.find(key.task));
  auto made = co_await repeat_unheard(
      &clock_, end, [this, key] { return is_wanted(key); },
      [this, wanted_spec = std::move(*spec)] { return runtime_.create(wanted_spec); });
  if (!made) co_return failed(std::move(made).error());
  if (is_cleaned_up(key.task)) {
    co_return co_await remove_latecomer(key.task, std::move(made->id), volumes);
  }
  post_(key.task,
        event::Created{
            .container = key.container, .id = std::move(made->id), .existed = made->existed});
}

/// Its task was stopped and cleaned up before the engine had made it. The engine may have made the
/// task's volumes anew along with it.
TaskSteps::Void TaskSteps::remove_latecomer(TaskArn task, ContainerId id,
                                            std::vector<std::string> volumes) {
  Status removed = co_await runtime_.remove(id);
  if (removed) removed = co_await remove_resources_once(task, std::move(volumes));
  if (!removed) {
    log_warn("cannot remove a container that came too late, or what came with it",
             {{"task", task_id(task)}, {"id", id}, {"error", removed.error().message}});
  }
}

void TaskSteps::tell_running(const ContainerKey& key, const runtime::ContainerState& seen,
                             int run) {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr || !links_.container_running) return;
  const core::ContainerSpec& spec = task->spec->containers[key.container];
  links_.container_running(
      {.id = seen.id,
       .task = key.task,
       .family = task->spec->family,
       .version = task->spec->version,
       .name = spec.name,
       .network_mode = seen.network_mode.empty() ? "bridge" : seen.network_mode,
       .has_health_check = spec.has_health_check,
       .health = to_health(seen.health),
       .pid = seen.pid,
       .stop_signal = seen.stop_signal,
       .restart_count = run,
       .has_restart_policy = spec.restart_policy.has_value()});
}

void TaskSteps::tell_seen(const ContainerKey& key, const runtime::ContainerState& seen, int run) {
  if (seen.alive && !is_stopped(key)) tell_running(key, seen, run);
  post_(key.task, event::Observed{key.container, observation_of(key, seen, run)});
}

core::Observation TaskSteps::observation_of(const ContainerKey& key,
                                            const runtime::ContainerState& seen, int run) {
  const core::ContainerSpec* spec = spec_of(key);
  core::Observation observation =
      to_observation(seen, spec == nullptr ? std::vector<core::PortMapping>{} : spec->ports);
  observation.run = run;
  if (seen.hides_exit_code) hidden_exit_codes_.insert(key);
  core::Exit& exit = observation.exit;
  exit.out_of_memory =
      core::died_of_memory(exit.code, memory_kills(links_, seen.id), exit.out_of_memory);
  return observation;
}

}  // namespace longshore::engine
