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
/// An API that accepts a call and never answers must not keep a session from the address it had.
constexpr std::chrono::seconds kDiscoverTimeout{10};
/// A look-up that failed is not made again by those who waited for it: each would pay its deadline.
constexpr std::chrono::seconds kFailureShared{2};
/// A report that hangs takes one of few places, so others would wait for it.
constexpr std::chrono::seconds kSubmitTimeout{15};

}  // namespace

EcsClient::EcsClient(aws::JsonClient& json, aws::CredentialCache& credentials, Clock& clock,
                     EcsSettings settings, std::function<double()> random)
    : json_(json),
      credentials_(credentials),
      clock_(clock),
      settings_(std::move(settings)),
      random_(std::move(random)),
      cluster_(settings_.cluster.empty() ? kDefaultCluster : settings_.cluster) {}

aws::JsonCallOptions EcsClient::repeated() const {
  return {.user_agent = settings_.user_agent,
          .attempts = settings_.attempts,
          .verify_tls = settings_.verify_tls};
}

/// For callers that repeat on their own: they know when the link is back, a wait in here does not.
aws::JsonCallOptions EcsClient::once(std::chrono::milliseconds timeout) const {
  aws::JsonCallOptions options = repeated();
  options.attempts = 1;
  options.timeout = timeout;
  return options;
}

awaitable<EcsClient::Answer> EcsClient::call(std::string operation, nlohmann::json body,
                                             aws::JsonCallOptions options) {
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
  auto answer = co_await json_.call(std::move(call), std::move(options));
  if (!answer && answer.error().error.code == ErrorCode::PermissionDenied) credentials_.distrust();
  co_return answer;
}

awaitable<tl::expected<PollEndpoint, aws::ServiceError>> EcsClient::discover_poll_endpoint(
    ContainerInstanceArn instance) {
  const auto pass = co_await discovering_.enter();
  const bool have = cached_ && cached_->instance == instance;
  if (have && clock_.steady_now() < cached_->good_until) co_return cached_->endpoint;

  const protocol::DiscoverPollEndpointRequest request{.cluster = cluster_,
                                                      .container_instance = instance.str()};
  const auto answer = co_await call(request.kOperation, request.to_json(), once(kDiscoverTimeout));
  const auto response = answer.and_then(
      [](const nlohmann::json& body)
          -> tl::expected<protocol::DiscoverPollEndpointResponse, aws::ServiceError> {
        auto decoded = protocol::decode<protocol::DiscoverPollEndpointResponse>(body);
        if (decoded) return *std::move(decoded);
        return tl::make_unexpected(
            aws::ServiceError{.error = std::move(decoded).error(), .status = 200});
      });
  if (!response) {
    if (!have) co_return tl::make_unexpected(response.error());
    const std::string& cause = response.error().error.message;
    // Asked for every few seconds while the link is cut.
    const bool news = std::exchange(told_, cause) != cause;
    log_line(news ? LogLevel::Warn : LogLevel::Debug,
             "the poll endpoint could not be looked up; the last one serves on",
             {{"error", cause}});
    cached_->good_until = clock_.steady_now() + kFailureShared;
    co_return cached_->endpoint;
  }
  told_.clear();
  PollEndpoint endpoint{.acs = response->endpoint.value_or(""),
                        .tcs = response->telemetry_endpoint.value_or("")};
  cached_ = CachedEndpoint{.instance = std::move(instance),
                           .endpoint = endpoint,
                           .good_until = clock_.steady_now() + kEndpointLifetime};
  co_return endpoint;
}

void EcsClient::refresh() {
  if (cached_) cached_->good_until = clock_.steady_now();
  credentials_.distrust();
}

awaitable<Status> EcsClient::submit(core::TaskChange change) {
  const auto request = to_submit_request(change, cluster_, settings_.exclude_ipv6_bindings);
  const auto answer = co_await call(request.kOperation, request.to_json(), once(kSubmitTimeout));
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
