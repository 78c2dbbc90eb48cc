#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/app/agent.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/app/part_settings.hpp"
#include "agent/aws/credential_chain.hpp"
#include "agent/base/bell.hpp"
#include "agent/base/lane.hpp"
#include "agent/control/acs_session.hpp"
#include "agent/control/ecs_client.hpp"
#include "agent/control/state_reporter.hpp"
#include "agent/endpoints/status_server.hpp"
#include "agent/engine/engine_probe.hpp"
#include "agent/engine/reconciler.hpp"
#include "agent/net/https_client.hpp"
#include "agent/store/machine.hpp"
#include "agent/store/sqlite_store.hpp"
#include "metrics/collector.hpp"
#include "metrics/tcs_session.hpp"
#include "runtime/cgroup/cgroup_limiter.hpp"
#include "runtime/cgroup/exit_watch.hpp"
#include "runtime/docker/docker_runtime.hpp"
#include "runtime/images/ecr_authorizer.hpp"
#include "runtime/images/image_puller.hpp"
#include "runtime/images/pause_image.hpp"

namespace longshore::app {

/// The release of the official agent whose wire behaviour this one has: what the control plane
/// goes by when it decides what to send.
inline constexpr const char* kCompatibleVersion = "1.105.1";
/// Stands where the official agent names its build.
inline constexpr const char* kBuildHash = "10c95403";
/// Reports and ECR may hang in all their places and still leave one for everything else.
inline constexpr std::size_t kHttpThreads =
    control::StateReporter::kMaxCalls + runtime::images::EcrAuthorizer::kMaxCalls + 1;
inline constexpr core::BackoffSchedule kDiskWait{
    .first = std::chrono::milliseconds{500}, .limit = std::chrono::seconds{10}, .factor = 1.5};

/// Fatal for the process: why was logged where it was found.
struct Stop {
  int status = kExitRestart;
};

/// A setting has to be mended by someone; whatever else is wrong may pass.
inline int exit_for(const Error& error) {
  return error.code == ErrorCode::InvalidInput ? kExitTerminal : kExitRestart;
}

/// Says why.
Stop stop_with(int status, std::string_view what, const Error& error);

/// In dependency order: destruction, the reverse, is the order of shutting down.
struct Agent::Parts {
  boost::asio::any_io_executor executor;
  config::LoadedConfig loaded;
  SystemClock clock{};
  Bell link_back{};    ///< Rung when the control plane is in reach again.
  Bell start_again{};  ///< Rung when this process has to end for the next one to be right.
  Lane http_lane{kHttpThreads};
  Lane disk_lane{1};
  Lane cgroup_lane{1};  ///< Not the disk's: stops reach processes although a disk hangs.
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
  bool engine_is_remembered = false;  ///< engine_info is of an earlier start.
  /// Why the start still waits for the engine.
  std::string engine_error = "it has not answered since the agent started";
  SteadyTime started{};
  bool task_limits = true;
  Purpose purpose;

  Parts(boost::asio::any_io_executor e, config::LoadedConfig l, runtime::docker::DockerSettings d,
        const std::string& user_agent, Purpose p)
      : executor(std::move(e)),
        loaded(std::move(l)),
        credentials(aws::credential_chain({.external = loaded.config.external,
                                           .rotating_profile = loaded.config.credentials_profile},
                                          loaded.environment, clock),
                    clock),
        ecs(json, credentials, clock, ecs_settings(loaded, user_agent)),
        store(disk_lane, loaded.config.data_dir, store::read_machine(store::kFirmwareFacts)),
        docker(std::move(d)),
        ecr(json, clock,
            {.environment = loaded.environment,
             .user_agent = user_agent,
             .attempts = loaded.config.api_attempts}),
        purpose(p) {}

  // agent_start.cpp: what has to be there before tasks are
  boost::asio::awaitable<std::optional<Stop>> open_store();
  boost::asio::awaitable<bool> wait_for_engine();
  boost::asio::awaitable<void> check_engine();
  boost::asio::awaitable<std::optional<Stop>> set_up_limits(bool engine_answers);
  std::optional<Stop> set_up_images();
  std::optional<Stop> set_up_metrics();
  boost::asio::awaitable<std::optional<Stop>> take_over_state();

  // agent_cluster.cpp: who this host is to the control plane
  boost::asio::awaitable<std::optional<Stop>> join_cluster();
  Result<control::Registration> registration() const;
  [[nodiscard]] std::string token_key() const;
  boost::asio::awaitable<Result<std::string>> registration_token();
  boost::asio::awaitable<void> remember_identity(ContainerInstanceArn arn);
  boost::asio::awaitable<Result<std::string>> find_telemetry(ContainerInstanceArn arn, bool anew);
  void connect(const ContainerInstanceArn& arn);

  // agent.cpp
  void serve_status();
  [[nodiscard]] endpoints::Health health() const;
  void tell_instance_health();
  void engine_changed(const engine::EngineAnswers& answers);
  boost::asio::awaitable<int> run();
  boost::asio::awaitable<int> bring_up_and_serve();
};

}  // namespace longshore::app
