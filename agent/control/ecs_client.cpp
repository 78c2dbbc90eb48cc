#include "agent/control/ecs_client.hpp"

#include <utility>

#include "agent/aws/sigv4.hpp"
#include "agent/base/log.hpp"
#include "agent/control/service_outcome.hpp"
#include "agent/control/submission.hpp"
#include "agent/protocol/decode.hpp"

namespace longshore::control {
namespace {

using boost::asio::awaitable;

constexpr const char* kDefaultCluster = "default";
/// How long the official agent trusts an answer: ecs-agent/api/ecs/client/ecs_client.go.
constexpr std::chrono::hours kEndpointLifetime{12};

}  // namespace

EcsClient::EcsClient(aws::JsonClient& json, aws::CredentialCache& credentials, Clock& clock,
                     EcsSettings settings, std::function<double()> random)
    : json_(json),
      credentials_(credentials),
      clock_(clock),
      settings_(std::move(settings)),
      random_(std::move(random)),
      cluster_(settings_.cluster.empty() ? kDefaultCluster : settings_.cluster) {}

awaitable<EcsClient::Answer> EcsClient::call(std::string operation, nlohmann::json body) {
  auto credentials = co_await credentials_.get();
  if (!credentials) {
    co_return tl::make_unexpected(
        aws::ServiceError{.error = with_context(operation, std::move(credentials).error())});
  }
  aws::JsonCall call{.endpoint_url = settings_.endpoint_url,
                     .service = "ecs",
                     .region = settings_.region,
                     .target_prefix = protocol::kEcsTargetPrefix,
                     .operation = std::move(operation),
                     .body = std::move(body),
                     .credentials = *std::move(credentials)};
  aws::JsonCallOptions options{.user_agent = settings_.user_agent,
                               .attempts = settings_.attempts,
                               .verify_tls = settings_.verify_tls};
  co_return co_await json_.call(std::move(call), std::move(options));
}

awaitable<Result<PollEndpoint>> EcsClient::discover_poll_endpoint(ContainerInstanceArn instance) {
  const auto pass = co_await discovering_.enter();
  const bool have = cached_ && cached_->instance == instance;
  if (have && clock_.steady_now() < cached_->good_until) co_return cached_->endpoint;

  const protocol::DiscoverPollEndpointRequest request{.cluster = cluster_,
                                                      .container_instance = instance.str()};
  const auto answer = co_await call(request.kOperation, request.to_json());
  auto response = answer ? protocol::decode<protocol::DiscoverPollEndpointResponse>(*answer)
                         : Result<protocol::DiscoverPollEndpointResponse>(
                               tl::make_unexpected(answer.error().error));
  if (!response) {
    if (!have) co_return fail(std::move(response).error());
    log_warn("the poll endpoint could not be looked up; the last one serves on",
             {{"error", response.error().message}});
    co_return cached_->endpoint;
  }
  PollEndpoint endpoint{.acs = response->endpoint.value_or(""),
                        .tcs = response->telemetry_endpoint.value_or("")};
  cached_ = CachedEndpoint{.instance = std::move(instance),
                           .endpoint = endpoint,
                           .good_until = clock_.steady_now() + kEndpointLifetime};
  co_return endpoint;
}

void EcsClient::invalidate_poll_endpoint() {
  if (cached_) cached_->good_until = clock_.steady_now();
}

awaitable<Status> EcsClient::submit(core::TaskChange change) {
  const auto request = to_submit_request(change, cluster_, settings_.exclude_ipv6_bindings);
  const auto answer = co_await call(request.kOperation, request.to_json());
  if (answer) co_return Status{};  // What the answer says is not read by anyone.
  co_return fail(to_submit_error(answer.error()));
}

awaitable<Result<net::Headers>> EcsClient::sign_upgrade(std::string url) {
  const auto credentials = co_await credentials_.get();
  if (!credentials) co_return fail(credentials.error());
  auto signature =
      aws::sign({.method = "GET", .url = std::move(url)}, *credentials,
                {.region = settings_.region, .service = "ecs", .time = json_.service_now()});
  if (!signature) co_return fail(std::move(signature).error());
  net::Headers headers = std::move(signature->headers);
  headers.emplace_back("User-Agent", settings_.user_agent);
  co_return headers;
}

}  // namespace longshore::control
