#include "agent/app/links.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace longshore::app {
namespace {

aws::Credentials to_credentials(const control::RoleCredentials& keys) {
  return {.access_key_id = keys.access_key_id,
          .secret_access_key = keys.secret_access_key,
          .session_token = keys.session_token};
}

runtime::HealthStatus to_status(core::Health health) {
  switch (health) {
    case core::Health::Healthy:
      return runtime::HealthStatus::Healthy;
    case core::Health::Unhealthy:
      return runtime::HealthStatus::Unhealthy;
    case core::Health::Unknown:
      return runtime::HealthStatus::Starting;
  }
  return runtime::HealthStatus::None;
}

std::optional<core::Failure> to_failure(std::optional<Error> error, std::chrono::seconds waited) {
  if (!error) return std::nullopt;
  return core::Failure{std::move(*error), waited};
}

boost::asio::awaitable<engine::ImageResolution> resolve(runtime::images::ImagePuller* puller,
                                                        engine::ImageRequest request,
                                                        std::chrono::seconds waited) {
  auto outcome = co_await puller->resolve(to_image_request(std::move(request)));
  co_return engine::ImageResolution{.digest = std::move(outcome.digest),
                                    .failure = to_failure(std::move(outcome.error), waited),
                                    .failure_name = std::move(outcome.error_name),
                                    .fatal = puller->failure_is_fatal()};
}

boost::asio::awaitable<engine::ImagePull> pull(runtime::images::ImagePuller* puller,
                                               engine::ImageRequest request,
                                               std::chrono::seconds waited) {
  auto outcome = co_await puller->pull(to_image_request(std::move(request)));
  co_return engine::ImagePull{.needed = outcome.needed,
                              .failure = to_failure(std::move(outcome.error), waited),
                              .failure_name = std::move(outcome.error_name),
                              .fatal = outcome.fatal,
                              .image_missing = outcome.missing,
                              .environment = std::move(outcome.environment)};
}

}  // namespace

runtime::images::ImageRequest to_image_request(engine::ImageRequest request) {
  runtime::images::ImageRequest wanted{.image = std::move(request.image),
                                       .digest = std::move(request.digest),
                                       .on_begin = std::move(request.on_begin)};
  if (request.ecr) {
    wanted.ecr = {.registry_id = std::move(request.ecr->registry_id),
                  .region = std::move(request.ecr->region),
                  .endpoint_override = std::move(request.ecr->endpoint_override)};
  }
  if (request.keys) {
    wanted.role = to_credentials(*request.keys);
    wanted.role_identity = request.keys->role_arn + "/" + request.keys->credentials_id;
  }
  return wanted;
}

void link_images(engine::EngineLinks& links, runtime::images::ImagePuller& puller,
                 std::chrono::seconds manifest_timeout, std::chrono::seconds pull_timeout) {
  links.resolve_image = [&puller, manifest_timeout](engine::ImageRequest request) {
    return resolve(&puller, std::move(request), manifest_timeout);
  };
  links.pull_image = [&puller, pull_timeout](engine::ImageRequest request) {
    return pull(&puller, std::move(request), pull_timeout);
  };
}

void link_pause_image(engine::EngineLinks& links, runtime::images::PauseImage& image) {
  links.prepare_pause_image = [&image] { return image.ensure(); };
}

void link_metrics(engine::EngineLinks& links, metrics::Collector& collector) {
  links.container_running = [&collector](engine::RunningContainer container) {
    std::optional<std::uint64_t> restarts;
    if (container.has_restart_policy)
      restarts = static_cast<std::uint64_t>(container.restart_count);
    collector.add({.id = container.id,
                   .task = {.arn = std::move(container.task),
                            .family = std::move(container.family),
                            .version = std::move(container.version)},
                   .name = std::move(container.name),
                   .pid = container.pid,
                   .network_mode = std::move(container.network_mode),
                   .restart_count = restarts,
                   .health_check = container.has_health_check});
    // No event tells it after a restart of the agent or of the container.
    collector.set_health(container.id, to_status(container.health));
  };
  links.container_stopped = [&collector](ContainerId id) { collector.remove(id); };
  links.health_changed = [&collector](ContainerId id, core::Health health, WallTime) {
    collector.set_health(id, to_status(health));
  };
}

bool has_running_containers(const engine::TaskTable& tasks) {
  const auto runs = [](const core::ContainerState& container) {
    return container.phase == core::Phase::Running || container.phase == core::Phase::Stopping;
  };
  return std::any_of(tasks.all().begin(), tasks.all().end(), [&](const auto& entry) {
    const auto& containers = entry.second.containers;
    return std::any_of(containers.begin(), containers.end(), runs);
  });
}

}  // namespace longshore::app
