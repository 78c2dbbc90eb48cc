#include <utility>

#include "agent/app/agent_parts.hpp"
#include "agent/app/host.hpp"
#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/control/capabilities.hpp"
#include "agent/control/reconnect.hpp"
#include "agent/core/backoff.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;

/// Followed by the cluster's name: a token is good for one cluster.
constexpr const char* kTokenKey = "registration-token/";
constexpr core::BackoffSchedule kRegisterWait{.first = 5s, .limit = 60s, .factor = 1.5};

}  // namespace

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

std::string Agent::Parts::token_key() const { return kTokenKey + cluster_name(loaded.config); }

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
    if (!request) co_return stop_with(exit_for(request.error()), "register", request.error());
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
                                   .on_inactive_instance = [this] { tcs->leave(); },
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

}  // namespace longshore::app
