#include "agent/app/agent.hpp"

#include <utility>

#include "agent/app/agent_parts.hpp"
#include "agent/app/engine_facts.hpp"
#include "agent/app/file_pages.hpp"
#include "agent/app/health_facts.hpp"
#include "agent/app/supervisor.hpp"
#include "agent/aws/user_agent.hpp"
#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/spawn.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;

/// Pages that only the start needed are given back first after this time, and what came since from
/// rare work, now and then.
constexpr auto kStartIsOver = 5s;
constexpr auto kReleaseInterval = 10min;

}  // namespace

Stop stop_with(int status, std::string_view what, const Error& error) {
  log_critical(what, {{"error", error.message}, {"exit_status", status}});
  return {status};
}

/// Tasks do not need it, so nothing stops when it cannot be: operators are told.
void Agent::Parts::serve_status() {
  started = clock.steady_now();
  endpoints::StatusSources sources{
      .tasks = [this] { return reconciler ? &engine->tasks() : nullptr; },
      .health = [this] { return health(); }};
  sources.waits_for = [this](const TaskArn& task) { return engine->waits_for(task); };
  auto listening = endpoints::StatusServer::listen(
      executor, endpoints::status_socket(loaded.config.data_dir), std::move(sources));
  if (!listening) {
    log_warn("longshore tasks and longshore health will get no answer",
             {{"error", listening.error().message}});
    return;
  }
  status = std::move(*listening);
}

endpoints::Health Agent::Parts::health() const {
  return health_facts({.acs = acs ? &*acs : nullptr,
                       .probe = probe ? &*probe : nullptr,
                       .reconciler = reconciler ? &*reconciler : nullptr,
                       .engine = engine ? &*engine : nullptr,
                       .reporter = reporter ? &*reporter : nullptr,
                       .data_dir = loaded.config.data_dir,
                       .started = started,
                       .engine_error = engine_error},
                      clock.steady_now());
}

void Agent::Parts::tell_instance_health() {
  if (!tcs) return;
  tcs->set_instance_health(probe->answers().now ? metrics::InstanceHealth::Ok
                                                : metrics::InstanceHealth::Impaired);
}

void Agent::Parts::engine_changed(const engine::EngineAnswers& answers) {
  tell_instance_health();
  if (!answers.now) return;
  if (std::exchange(engine_is_remembered, false)) {
    spawn(executor, "look at the engine", check_engine());
  }
  if (reconciler) reconciler->compare_soon();
}

boost::asio::awaitable<int> Agent::Parts::run() {
  const auto exit_status = co_await race_for(bring_up_and_serve(), start_again.wait(0));
  co_return exit_status.value_or(kExitRestart);
}

boost::asio::awaitable<int> Agent::Parts::bring_up_and_serve() {
  if (auto stop = co_await open_store()) co_return stop->status;
  serve_status();
  tell_ready();
  tell_status("waiting for the container engine");
  const bool engine_answers = co_await wait_for_engine();
  probe.emplace(executor, clock, docker,
                [this](const engine::EngineAnswers& answers) { engine_changed(answers); });
  // Before anything asks the engine, and may have to wait.
  if (engine_answers) {
    probe->start();
  } else {
    probe->start_away(engine_error);
  }
  if (auto stop = co_await set_up_limits(engine_answers)) co_return stop->status;
  if (auto stop = set_up_images()) co_return stop->status;
  if (auto stop = set_up_metrics()) co_return stop->status;
  if (auto stop = co_await take_over_state()) co_return stop->status;
  engine->start();
  reconciler.emplace(executor, clock, docker, *limiter, *engine);
  reconciler->start();
  spawn(executor, "sample metrics", collector->run());
  tell_status("joining cluster " + ecs.cluster());
  if (auto stop = co_await join_cluster()) co_return stop->status;
  tell_status("in cluster " + ecs.cluster() + " as " + engine->identity()->instance.str());
  if (engine_answers) {
    const Status remembered =
        co_await run_blocking(disk_lane, [directory = loaded.config.data_dir, info = engine_info] {
          return remember_engine(directory, info);
        });
    if (!remembered) {
      log_warn("a start without the container engine will wait for it",
               {{"error", remembered.error().message}});
    }
  }
  // Besides a signal only another engine than the remembered one ends the process from here on.
  for (auto wait = std::chrono::seconds{kStartIsOver};; wait = kReleaseInterval) {
    co_await clock.sleep_for(wait);
    release_file_pages();
  }
}

Agent::Agent(boost::asio::any_io_executor executor, config::LoadedConfig loaded, Purpose purpose) {
  runtime::docker::DockerSettings docker{
      .socket_path =
          runtime::docker::parse_docker_host(loaded.config.docker_host).value_or(std::string()),
      .create_timeout = loaded.config.create_timeout,
      .start_timeout = loaded.config.start_timeout,
      .manifest_timeout = loaded.config.manifest_pull_timeout};
  const std::string name = aws::user_agent(kCompatibleVersion, kBuildHash, loaded.config.os_family);
  parts_ = std::make_unique<Parts>(std::move(executor), std::move(loaded), std::move(docker), name,
                                   purpose);
}

Agent::~Agent() = default;

boost::asio::awaitable<int> Agent::run() { co_return co_await parts_->run(); }

boost::asio::awaitable<void> Agent::save_all() {
  if (parts_->engine && !co_await parts_->engine->drain(3s)) {
    log_warn("not everything could be saved in time; the next start looks at the engine");
  }
}

runtime::ContainerRuntime& Agent::runtime() { return parts_->docker; }

const engine::TaskEngine* Agent::engine() const {
  return parts_->engine ? &*parts_->engine : nullptr;
}

}  // namespace longshore::app
