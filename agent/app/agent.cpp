#include "agent/app/agent.hpp"

#include <optional>
#include <utility>

#include "agent/app/exit_codes.hpp"
#include "agent/app/exit_links.hpp"
#include "agent/app/file_pages.hpp"
#include "agent/app/health_facts.hpp"
#include "agent/app/host.hpp"
#include "agent/app/links.hpp"
#include "agent/app/part_settings.hpp"
#include "agent/app/supervisor.hpp"
#include "agent/aws/credential_chain.hpp"
#include "agent/aws/endpoints.hpp"
#include "agent/aws/user_agent.hpp"
#include "agent/base/bell.hpp"
#include "agent/base/lane.hpp"
#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/control/acs_session.hpp"
#include "agent/control/capabilities.hpp"
#include "agent/control/ecs_client.hpp"
#include "agent/control/reconnect.hpp"
#include "agent/control/state_reporter.hpp"
#include "agent/core/backoff.hpp"
#include "agent/endpoints/status_server.hpp"
#include "agent/engine/engine_probe.hpp"
#include "agent/engine/reconciler.hpp"
#include "agent/net/https_client.hpp"
#include "agent/store/sqlite_store.hpp"
#include "metrics/collector.hpp"
#include "metrics/tcs_session.hpp"
#include "runtime/cgroup/cgroup_limiter.hpp"
#include "runtime/cgroup/exit_watch.hpp"
#include "runtime/cgroup_mounts.hpp"
#include "runtime/docker/docker_runtime.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;

/// The release of the official agent whose wire behaviour this one has: what the control plane
/// goes by when it decides what to send.
constexpr const char* kCompatibleVersion = "1.105.1";
/// Stands where the official agent names its build.
constexpr const char* kBuildHash = "10c95403";
/// Followed by the cluster's name: a token is good for one cluster.
constexpr const char* kTokenKey = "registration-token/";
/// Reports may hang in all their places and still leave some for everything else.
constexpr std::size_t kHttpThreads = control::StateReporter::kMaxCalls + 1;
/// Pages that only the start needed are given back first after this time, and what came since from
/// rare work, now and then.
constexpr auto kStartIsOver = 5s;
constexpr auto kReleaseInterval = 10min;
constexpr core::BackoffSchedule kEngineWait{.first = 500ms, .limit = 10s, .factor = 1.5};
constexpr core::BackoffSchedule kRegisterWait{.first = 5s, .limit = 60s, .factor = 1.5};
constexpr core::BackoffSchedule kDiskWait{.first = 500ms, .limit = 10s, .factor = 1.5};

/// Fatal for the process: why was logged where it was found.
struct Stop {
  int status = kExitRestart;
};

Stop stop_with(int status, std::string_view what, const Error& error) {
  log_critical(what, {{"error", error.message}, {"exit_status", status}});
  return {status};
}

}  // namespace

/// In dependency order: destruction, the reverse, is the order of shutting down.
struct Agent::Parts {
  boost::asio::any_io_executor executor;
  config::LoadedConfig loaded;
  SystemClock clock{};
  Bell link_back{};  ///< Rung when the control plane is in reach again.
  Lane http_lane{kHttpThreads};
  Lane disk_lane{1};
  net::HttpsClient https{http_lane};
  aws::JsonClient json{https, clock};
  aws::CredentialCache credentials;
  control::EcsClient ecs;
  store::SqliteStore store;
  runtime::docker::DockerRuntime docker;
  runtime::images::EcrAuthorizer ecr;
  std::optional<runtime::images::ImagePuller> puller{};
  runtime::images::PauseImage pause_image{docker};
  std::optional<metrics::Collector> collector{};
  std::optional<runtime::cgroup::ExitWatch> exits{};
  std::optional<runtime::cgroup::CgroupLimiter> limiter{};
  std::optional<engine::TaskEngine> engine{};
  std::optional<control::StateReporter> reporter{};
  std::optional<engine::Reconciler> reconciler{};
  std::optional<engine::EngineProbe> probe{};
  std::unique_ptr<endpoints::StatusServer> status{};
  std::optional<control::AcsSession> acs{};
  std::optional<metrics::TcsSession> tcs{};
  runtime::RuntimeInfo engine_info{};
  /// Why the start still waits for the engine.
  std::string engine_error = "it has not answered since the agent started";
  SteadyTime started{};
  bool task_limits = true;
  Strangers strangers;

  Parts(boost::asio::any_io_executor e, config::LoadedConfig l, runtime::docker::DockerSettings d,
        const std::string& user_agent, Strangers s)
      : executor(std::move(e)),
        loaded(std::move(l)),
        credentials(aws::credential_chain({.external = loaded.config.external,
                                           .rotating_profile = loaded.config.credentials_profile},
                                          loaded.environment, clock),
                    clock),
        ecs(json, credentials, clock, ecs_settings(loaded, user_agent)),
        store(disk_lane, loaded.config.data_dir),
        docker(std::move(d)),
        ecr(json, clock,
            {.environment = loaded.environment,
             .user_agent = user_agent,
             .attempts = loaded.config.api_attempts}),
        strangers(s) {}

  boost::asio::awaitable<std::optional<Stop>> open_store();
  boost::asio::awaitable<void> wait_for_engine();
  boost::asio::awaitable<std::optional<Stop>> set_up_limits();
  boost::asio::awaitable<std::optional<Stop>> take_over_state();
  std::optional<Stop> set_up_images();
  std::optional<Stop> set_up_metrics();
  void serve_status();
  endpoints::Health health() const;
  boost::asio::awaitable<std::optional<Stop>> join_cluster();
  Result<control::Registration> registration() const;
  [[nodiscard]] std::string token_key() const { return kTokenKey + cluster_name(loaded.config); }
  boost::asio::awaitable<Result<std::string>> registration_token();
  boost::asio::awaitable<void> remember_identity(ContainerInstanceArn arn);
  boost::asio::awaitable<Result<std::string>> find_telemetry(ContainerInstanceArn arn, bool anew);
  void connect(const ContainerInstanceArn& arn);
  void tell_instance_health();
  void engine_changed(const engine::EngineAnswers& answers);
  boost::asio::awaitable<int> run();
};

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
/// package upgrade or group change, and nothing else on this host can start tasks meanwhile.
boost::asio::awaitable<void> Agent::Parts::wait_for_engine() {
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
      co_return;
    }
    if (info.error().message != std::exchange(engine_error, info.error().message)) {
      const bool forbidden = info.error().code == ErrorCode::PermissionDenied;
      log_error(forbidden ? "this user may not open the container engine's socket: run as root or "
                            "as a member of the socket's group (docker). Trying again"
                          : "no container engine answers: start it (systemctl start docker) or set "
                            "DOCKER_HOST. Trying again",
                {{"docker_host", loaded.config.docker_host}, {"error", engine_error}});
    }
    co_await clock.sleep_for(backoff.next(random_unit()));
  }
}

boost::asio::awaitable<std::optional<Stop>> Agent::Parts::set_up_limits() {
  limiter.emplace(disk_lane, runtime::cgroup::CgroupSettings{.version = engine_info.cgroup_version,
                                                             .driver = engine_info.cgroup_driver});
  const auto wanted = loaded.config.task_limits;
  task_limits = wanted.value_or(true);
  if (!task_limits) co_return std::nullopt;
  const Status ready = co_await limiter->prepare();
  if (ready) co_return std::nullopt;
  if (wanted) {
    co_return stop_with(kExitTerminal, "ECS_ENABLE_TASK_CPU_MEM_LIMIT is on, but it cannot work",
                        ready.error());
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
  collector.emplace(clock, std::move(*mounts),
                    metrics::CollectorSettings{.metrics = !loaded.config.disable_metrics});
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
  reporter.emplace(executor, ecs, clock, link_back,
                   [this](control::ReportOutcome outcome) { engine->report_finished(outcome.id); });
  auto settings = engine_settings(config, task_limits);
  if (!settings) co_return stop_with(kExitTerminal, "this host's resources", settings.error());
  settings->take_over_strangers = strangers == Strangers::TakeOver;
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

Result<control::Registration> Agent::Parts::registration() const {
  const config::Config& config = loaded.config;
  auto resources = host_resources(config);
  if (!resources) return fail(std::move(resources).error());
  control::Registration registration;
  if (engine->identity()) registration.known_arn = engine->identity()->instance;
  for (const auto& [name, value] : config.instance_attributes) {
    registration.custom_attributes.push_back({name, value});
  }
  for (const auto& [key, value] : config.instance_tags) registration.tags.push_back({key, value});
  registration.attributes =
      control::capability_attributes({.engine_min_api_version = engine_info.min_api_version,
                                      .engine_api_version = engine_info.api_version,
                                      .logging_drivers = config.logging_drivers,
                                      .privileged_disabled = config.disable_privileged,
                                      .task_cpu_mem_limit = task_limits,
                                      .health_check_disabled = config.disable_health_checks,
                                      .volume_drivers = engine_info.volume_drivers,
                                      .external = config.external,
                                      .cpu_architecture = cpu_architecture(),
                                      .detailed_os_family = config.os_family});
  registration.resources = std::move(*resources);
  return registration;
}

/// On disk before the first call: a crash between that call's answer and the record of the identity
/// it gave would otherwise make a second instance of this host.
boost::asio::awaitable<Result<std::string>> Agent::Parts::registration_token() {
  if (engine->identity()) co_return random_uuid();
  std::string token = engine->metadata(token_key());
  if (!token.empty()) co_return token;
  token = random_uuid();
  const Status saved = co_await engine->set_metadata(token_key(), token);
  if (!saved) co_return fail(saved.error());
  co_return token;
}

/// Until it is on disk: whoever ended in place of waiting would come back as yet another instance.
boost::asio::awaitable<void> Agent::Parts::remember_identity(ContainerInstanceArn arn) {
  const store::Identity identity{.instance = std::move(arn),
                                 .cluster = cluster_name(loaded.config)};
  if (engine->identity() == identity) co_return;
  core::Backoff backoff(kDiskWait);
  while (true) {
    const Status saved = co_await engine->set_identity(identity);
    if (saved) co_return;
    log_error("cannot record this host's identity, trying again",
              {{"error", saved.error().message}});
    co_await clock.sleep_for(backoff.next(random_unit()));
  }
}

/// A host that had an identity before manages its tasks meanwhile, and keeps asking; a new one has
/// nothing to lose and leaves the waiting to its supervisor.
boost::asio::awaitable<std::optional<Stop>> Agent::Parts::join_cluster() {
  core::Backoff refused(kRegisterWait);
  core::Backoff unreached(control::kUnreachedWait);
  const auto token = co_await registration_token();
  if (!token) co_return stop_with(kExitRestart, "record the registration's token", token.error());
  while (true) {
    auto request = registration();
    if (!request) co_return stop_with(kExitTerminal, "register", request.error());
    request->client_token = *token;
    const bool known = request->known_arn.has_value();
    auto registered = co_await ecs.register_container_instance(std::move(*request));
    if (registered) {
      log_info(
          "registered",
          {{"cluster", ecs.cluster()}, {"container_instance", registered->arn}, {"again", known}});
      co_await remember_identity(registered->arn);
      connect(registered->arn);
      co_return std::nullopt;
    }
    const auto& failure = registered.error();
    if (failure.kind == control::RegistrationFailureKind::Terminal) {
      // It may be the token that is refused, because it was seen before with other facts.
      if (!known) static_cast<void>(co_await engine->set_metadata(token_key(), ""));
      co_return stop_with(kExitTerminal, "cannot register", failure.error);
    }
    if (!known) co_return stop_with(kExitRestart, "cannot register", failure.error);
    log_warn("cannot register, trying again; running tasks are looked after meanwhile",
             {{"error", failure.error.message}});
    co_await clock.sleep_for((failure.unreachable ? unreached : refused).next(random_unit()));
  }
}

boost::asio::awaitable<Result<std::string>> Agent::Parts::find_telemetry(ContainerInstanceArn arn,
                                                                         bool anew) {
  if (anew) ecs.refresh();
  auto endpoint = co_await ecs.discover_poll_endpoint(std::move(arn));
  if (!endpoint) co_return fail(std::move(endpoint).error().error);
  co_return std::move(endpoint->tcs);
}

void Agent::Parts::connect(const ContainerInstanceArn& arn) {
  acs.emplace(ecs, clock, *engine,
              control::AcsSettings{.container_instance = arn,
                                   .agent_version = kCompatibleVersion,
                                   .agent_hash = kBuildHash,
                                   .docker_version = engine_info.version,
                                   .on_link_back = [this] { link_back.ring(); }});
  tcs.emplace(
      executor, clock, *collector, link_back,
      [this, arn](bool anew) { return find_telemetry(arn, anew); },
      metrics::SigningSource{.credentials = [this] { return credentials.get(); },
                             .service_now = [this] { return json.service_now(); }},
      metrics::TcsSettings{.source = {.cluster = ecs.cluster(), .container_instance = arn},
                           .client = {.agent_version = kCompatibleVersion,
                                      .agent_hash = kBuildHash,
                                      .docker_version = engine_info.version},
                           .region = loaded.config.region});
  tell_instance_health();
  spawn(executor, "ACS session", acs->run());
  spawn(executor, "telemetry session", tcs->run());
}

void Agent::Parts::tell_instance_health() {
  if (!tcs) return;
  tcs->set_instance_health(probe->answers().now ? metrics::InstanceHealth::Ok
                                                : metrics::InstanceHealth::Impaired);
}

void Agent::Parts::engine_changed(const engine::EngineAnswers& answers) {
  tell_instance_health();
  if (answers.now) reconciler->compare_soon();
}

boost::asio::awaitable<int> Agent::Parts::run() {
  if (auto stop = co_await open_store()) co_return stop->status;
  serve_status();
  tell_ready();
  tell_status("waiting for the container engine");
  co_await wait_for_engine();
  if (auto stop = co_await set_up_limits()) co_return stop->status;
  if (auto stop = set_up_images()) co_return stop->status;
  if (auto stop = set_up_metrics()) co_return stop->status;
  if (auto stop = co_await take_over_state()) co_return stop->status;
  engine->start();
  reconciler.emplace(executor, clock, docker, *limiter, *engine);
  reconciler->start();
  probe.emplace(executor, clock, docker,
                [this](const engine::EngineAnswers& answers) { engine_changed(answers); });
  probe->start();
  spawn(executor, "sample metrics", collector->run());
  tell_status("joining cluster " + ecs.cluster());
  if (auto stop = co_await join_cluster()) co_return stop->status;
  tell_status("in cluster " + ecs.cluster() + " as " + engine->identity()->instance.str());
  // Nothing that happens from here on ends the process but a signal.
  for (auto wait = std::chrono::seconds{kStartIsOver};; wait = kReleaseInterval) {
    co_await clock.sleep_for(wait);
    release_file_pages();
  }
}

Agent::Agent(boost::asio::any_io_executor executor, config::LoadedConfig loaded,
             Strangers strangers) {
  runtime::docker::DockerSettings docker{
      .socket_path =
          runtime::docker::parse_docker_host(loaded.config.docker_host).value_or(std::string()),
      .create_timeout = loaded.config.create_timeout,
      .start_timeout = loaded.config.start_timeout,
      .manifest_timeout = loaded.config.manifest_pull_timeout};
  const std::string name = aws::user_agent(kCompatibleVersion, kBuildHash, loaded.config.os_family);
  parts_ = std::make_unique<Parts>(std::move(executor), std::move(loaded), std::move(docker), name,
                                   strangers);
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
