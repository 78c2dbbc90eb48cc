#include <fmt/format.h>

#include <utility>

#include "agent/app/agent_parts.hpp"
#include "agent/app/engine_facts.hpp"
#include "agent/app/exit_links.hpp"
#include "agent/app/host.hpp"
#include "agent/app/links.hpp"
#include "agent/app/supervisor.hpp"
#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"
#include "runtime/cgroup_mounts.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;

constexpr core::BackoffSchedule kEngineWait{.first = 500ms, .limit = 10s, .factor = 1.5};
/// After that a host that knows its engine goes on without. One look at an engine that hangs takes
/// as long.
constexpr auto kEnginePatience = 10s;

}  // namespace

/// Room on a full disk is waited for, and so is a disk that can be written: ending would change
/// nothing about it, and containers run on meanwhile.
boost::asio::awaitable<std::optional<Stop>> Agent::Parts::open_store() {
  core::Backoff backoff(kDiskWait);
  std::string told;
  while (true) {
    const Status opened = co_await store.open();
    if (opened) co_return std::nullopt;
    const Error& error = opened.error();
    if (error.code == ErrorCode::Conflict) {
      co_return stop_with(kExitRestart, "open the state database", error);
    }
    if (error.message != std::exchange(told, error.message)) {
      log_error("cannot open the state database, trying again", {{"error", error.message}});
      tell_ready();  // Nothing that a supervisor could do would help.
      tell_status("waiting for the disk of the data directory");
    }
    co_await clock.sleep_for(backoff.next(random_unit()));
  }
}

/// An engine that is missing, slow or not ours to talk to is waited for: it may come with the next
/// package upgrade or group change, and nothing else on this host can start tasks meanwhile. A host
/// that has joined before does not wait for long: stops and reports need no engine. False: it goes
/// on with what the engine was then.
boost::asio::awaitable<bool> Agent::Parts::wait_for_engine() {
  const auto remembered = co_await run_blocking(
      disk_lane, [directory = loaded.config.data_dir] { return remembered_engine(directory); });
  const SteadyTime patience_over = clock.steady_now() + kEnginePatience;
  core::Backoff backoff(kEngineWait);
  while (true) {
    auto info = co_await docker.info();
    if (info) {
      engine_error.clear();
      engine_info = std::move(*info);
      log_info("container engine found", {{"version", engine_info.version},
                                          {"api_version", engine_info.api_version},
                                          {"cgroup_version", engine_info.cgroup_version},
                                          {"cgroup_driver", engine_info.cgroup_driver}});
      co_return true;
    }
    if (info.error().message != std::exchange(engine_error, info.error().message)) {
      const bool forbidden = info.error().code == ErrorCode::PermissionDenied;
      log_error(forbidden ? "this user may not open the container engine's socket: run as root or "
                            "as a member of the socket's group (docker). Trying again"
                          : "no container engine answers: start it (systemctl start docker) or set "
                            "DOCKER_HOST. Trying again",
                {{"docker_host", loaded.config.docker_host}, {"error", engine_error}});
    }
    if (remembered && clock.steady_now() >= patience_over) {
      log_warn("going on without the container engine, as it was when this host joined last",
               {{"version", remembered->version}});
      engine_info = *remembered;
      engine_is_remembered = true;
      co_return false;
    }
    co_await clock.sleep_for(backoff.next(random_unit()));
  }
}

/// Of an engine that was not there at the start: what was built on its word has to be built anew
/// when it is another one now.
boost::asio::awaitable<void> Agent::Parts::check_engine() {
  core::Backoff backoff(kEngineWait);
  auto info = co_await docker.info();
  while (!info) {
    co_await clock.sleep_for(backoff.next(random_unit()));
    info = co_await docker.info();
  }
  if (is_same_engine(*info, engine_info)) co_return;
  log_warn("the container engine is not the one this host remembered: starting again",
           {{"remembered", engine_info.version}, {"version", info->version}});
  start_again.ring();
}

boost::asio::awaitable<std::optional<Stop>> Agent::Parts::set_up_limits(bool engine_answers) {
  limiter.emplace(cgroup_lane,
                  runtime::cgroup::CgroupSettings{.version = engine_info.cgroup_version,
                                                  .driver = engine_info.cgroup_driver});
  const auto wanted = loaded.config.task_limits;
  task_limits = wanted.value_or(true);
  if (!task_limits) co_return std::nullopt;
  const Status ready = co_await limiter->prepare();
  if (ready) co_return std::nullopt;
  if (wanted) {
    // What was remembered may be of another time of this host; the engine will tell.
    co_return stop_with(engine_answers ? kExitTerminal : kExitRestart,
                        "ECS_ENABLE_TASK_CPU_MEM_LIMIT is on, but it cannot work", ready.error());
  }
  task_limits = false;
  log_warn("tasks are not held to their CPU and memory: this host's cgroups do not allow it",
           {{"error", ready.error().message}});
  co_return std::nullopt;
}

std::optional<Stop> Agent::Parts::set_up_images() {
  const config::Config& config = loaded.config;
  auto logins =
      runtime::images::EngineAuth::parse(config.registry_auth_type, config.registry_auth_data);
  if (!logins) return stop_with(kExitTerminal, "ECS_ENGINE_AUTH_DATA", logins.error());
  puller.emplace(docker, ecr, std::move(*logins), clock, puller_settings(config),
                 [this] { return credentials.get(); });
  return std::nullopt;
}

std::optional<Stop> Agent::Parts::set_up_metrics() {
  auto mountinfo = read_proc_file("/proc/self/mountinfo");
  if (!mountinfo) return stop_with(kExitRestart, "find the cgroups", mountinfo.error());
  auto mounts = runtime::parse_cgroup_mounts(*mountinfo);
  if (!mounts) return stop_with(kExitRestart, "find the cgroups", mounts.error());
  exits.emplace(executor, *mounts);
  metrics::CollectorSettings settings{.metrics = !loaded.config.disable_metrics};
  settings.are_tasks_live = [this] { return engine && has_running_containers(engine->tasks()); };
  collector.emplace(clock, std::move(*mounts), std::move(settings));
  return std::nullopt;
}

boost::asio::awaitable<std::optional<Stop>> Agent::Parts::take_over_state() {
  const config::Config& config = loaded.config;
  engine::EngineLinks links;
  link_images(links, *puller, in_seconds(config.manifest_pull_timeout),
              in_seconds(config.pull_timeout));
  link_pause_image(links, pause_image);
  link_metrics(links, *collector);
  link_exits(links, *exits, [this](const ContainerId& id) {
    if (reconciler) reconciler->process_ended(id);
  });
  links.send_report = [this](store::ReportId id, core::TaskChange change) {
    reporter->enqueue(id, std::move(change));
  };
  reporter.emplace(executor, ecs, clock, link_back, [this](control::ReportOutcome outcome) {
    return engine->reports_finished(std::move(outcome.ids));
  });
  auto settings = engine_settings(config, task_limits);
  if (!settings) {
    co_return stop_with(exit_for(settings.error()), "this host's resources", settings.error());
  }
  settings->take_over_strangers = purpose == Purpose::Host;
  if (purpose == Purpose::OneTask) {
    settings->flush_wait = 100ms;
    settings->flush_jitter = 0ms;
  }
  engine.emplace(executor, clock, store, docker, *limiter, std::move(*settings), std::move(links));
  // The control plane expects a word about the host after each.
  engine->heartbeat = [this] { tell_instance_health(); };
  const Status loaded_state = co_await engine->load();
  if (!loaded_state) co_return stop_with(kExitRestart, "take over state", loaded_state.error());
  const std::string before = engine->identity() ? engine->identity()->cluster : std::string{};
  if (!before.empty() && before != cluster_name(config)) {
    const Error error{ErrorCode::InvalidInput,
                      fmt::format("this host belongs to cluster {}, but ECS_CLUSTER is {}; set it "
                                  "back, or remove the state in {} to join as a new instance",
                                  before, cluster_name(config), config.data_dir)};
    co_return stop_with(kExitTerminal, "the cluster has changed", error);
  }
  co_return std::nullopt;
}

}  // namespace longshore::app
