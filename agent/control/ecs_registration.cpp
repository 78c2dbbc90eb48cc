// The registration part of EcsClient.
#include <utility>

#include "agent/base/log.hpp"
#include "agent/control/ecs_client.hpp"
#include "agent/control/service_outcome.hpp"
#include "agent/core/backoff.hpp"
#include "agent/protocol/decode.hpp"

namespace longshore::control {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::hours kRegistrationWindow{1};
constexpr std::chrono::seconds kRegisterTimeout{42};
constexpr core::BackoffSchedule kRegistrationBackoff{
    .first = std::chrono::seconds{3}, .limit = std::chrono::seconds{192}, .factor = 2.0};

bool is_missing_cluster(const aws::ServiceError& error) {
  return error.message.find("Cluster not found.") != std::string::npos;
}

bool is_known(const protocol::RegisterContainerInstanceRequest& request) {
  return request.container_instance_arn.has_value();
}

}  // namespace

/// Who registers again repeats on its own, see once(); a new host leaves that to its supervisor.
aws::JsonCallOptions EcsClient::registering(
    const protocol::RegisterContainerInstanceRequest& request) const {
  return is_known(request) ? once(kRegisterTimeout) : repeated();
}

awaitable<EcsClient::RegisterAnswer> EcsClient::try_register(
    protocol::RegisterContainerInstanceRequest request) {
  request.cluster = cluster_;
  const auto answer = co_await call(request.kOperation, request.to_json(), registering(request));
  if (!answer) co_return tl::make_unexpected(answer.error());
  const auto response = protocol::decode<protocol::RegisterContainerInstanceResponse>(*answer);
  if (!response) {
    co_return RegistrationResult(tl::make_unexpected(
        RegistrationFailure{.kind = RegistrationFailureKind::Restart,
                            .error = with_context(request.kOperation, response.error())}));
  }
  co_return to_registered(request, *response);
}

/// As the official agent does without ECS_CLUSTER: whatever failed first, the second try counts.
/// But a link that is down fails both, and who registers again comes back anyway.
awaitable<EcsClient::RegisterAnswer> EcsClient::register_in_default_cluster(
    protocol::RegisterContainerInstanceRequest request) {
  auto answer = co_await try_register(request);
  if (answer || is_transient_registration_error(answer.error())) co_return answer;
  if (is_known(request) && answer.error().status == 0) co_return answer;
  if (is_missing_cluster(answer.error())) {
    const protocol::CreateClusterRequest create{.cluster_name = cluster_};
    log_info("creating the default cluster", {{"cluster", cluster_}});
    const auto created = co_await call(create.kOperation, create.to_json(), registering(request));
    if (!created) co_return tl::make_unexpected(created.error());
    const auto cluster = protocol::decode<protocol::CreateClusterResponse>(*created);
    if (!cluster) {
      co_return tl::make_unexpected(
          aws::ServiceError{.error = with_context(create.kOperation, cluster.error())});
    }
    cluster_ = cluster->cluster_name;
  }
  co_return co_await try_register(std::move(request));
}

awaitable<RegistrationResult> EcsClient::register_container_instance(Registration registration) {
  const auto request = to_register_request(registration);
  const SteadyTime deadline = clock_.steady_now() + kRegistrationWindow;
  core::Backoff backoff(kRegistrationBackoff);
  while (true) {
    const auto answer = settings_.cluster.empty() ? co_await register_in_default_cluster(request)
                                                  : co_await try_register(request);
    if (answer) co_return *answer;
    const aws::ServiceError& error = answer.error();
    const auto wait = backoff.next(random_());
    if (!is_transient_registration_error(error) || clock_.steady_now() + wait > deadline) {
      co_return tl::make_unexpected(
          to_registration_failure(error, registration.known_arn.has_value()));
    }
    log_warn("registration failed; it is repeated",
             {{"error", error.error.message}, {"wait_ms", wait.count()}});
    co_await clock_.sleep_for(wait);
  }
}

}  // namespace longshore::control
