#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "agent/aws/credential_chain.hpp"
#include "agent/aws/json_client.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/base/ids.hpp"
#include "agent/base/text.hpp"
#include "agent/control/control_plane.hpp"
#include "agent/control/registration.hpp"

namespace longshore::control {

/// How to reach the ECS API and as whom.
struct EcsSettings {
  std::string endpoint_url{};  ///< See aws::ecs_endpoint().
  std::string region{};
  std::string cluster{};     ///< ECS_CLUSTER: name or ARN. Empty: "default", made if need be.
  std::string user_agent{};  ///< See aws::user_agent().
  int attempts = 3;          ///< AWS_MAX_ATTEMPTS, for calls that nobody else repeats.
  bool verify_tls = true;
  bool exclude_ipv6_bindings = true;  ///< ECS_EXCLUDE_IPV6_PORTBINDING
};

/// Where the long-lived connections of this instance go. A caller whose address is empty cannot
/// connect for now.
struct PollEndpoint {
  std::string acs{};  ///< "https://ecs-a-1.us-west-2.amazonaws.com/"
  std::string tcs{};
};

/// The ECS API as one container instance uses it. Call from the event loop only.
class EcsClient final : public ControlPlane {
 public:
  /// `random` gives [0, 1) for the waits between attempts.
  EcsClient(aws::JsonClient& json, aws::CredentialCache& credentials, Clock& clock,
            EcsSettings settings, std::function<double()> random = random_unit);

  /// RegisterContainerInstance, first or again. Throttling and the service's own trouble are
  /// repeated after 3 s to 192 s, for an hour at most; then it is a failure of kind Restart. So is
  /// a call that failed without an answer: at once with `known_arn` set, whose caller repeats, else
  /// after `attempts` of them. Without a configured cluster, "default" is created when it does not
  /// exist.
  boost::asio::awaitable<RegistrationResult> register_container_instance(Registration registration);

  /// DiscoverPollEndpoint, tried once. An answer is good for 12 h; an older one still serves when
  /// the API fails. One call runs at a time; the others wait for its answer, or take the older one
  /// as well when it fails. Errors: those of the API.
  boost::asio::awaitable<tl::expected<PollEndpoint, aws::ServiceError>> discover_poll_endpoint(
      ContainerInstanceArn instance);

  /// What was looked up did not lead to a connection: the next discover_poll_endpoint() asks anew
  /// (and falls back on the old answer only if that fails), and credentials are read anew.
  void refresh();

  boost::asio::awaitable<Status> submit(core::TaskChange change) override;

  /// Headers that sign a websocket's upgrade request to `url` as this instance. Errors: no
  /// credentials; InvalidInput for the URL.
  boost::asio::awaitable<Result<net::Headers>> sign_upgrade(std::string url);

  /// The cluster's name as it is sent. Final once registered.
  const std::string& cluster() const { return cluster_; }

 private:
  using Answer = tl::expected<nlohmann::json, aws::ServiceError>;
  using RegisterAnswer = tl::expected<RegistrationResult, aws::ServiceError>;
  struct CachedEndpoint {
    ContainerInstanceArn instance{};
    PollEndpoint endpoint{};
    SteadyTime good_until{};
  };

  boost::asio::awaitable<Answer> call(std::string operation, nlohmann::json body,
                                      aws::JsonCallOptions options);
  aws::JsonCallOptions repeated() const;
  aws::JsonCallOptions once(std::chrono::milliseconds timeout) const;
  aws::JsonCallOptions registering(const protocol::RegisterContainerInstanceRequest& request) const;
  boost::asio::awaitable<RegisterAnswer> try_register(
      protocol::RegisterContainerInstanceRequest request);
  boost::asio::awaitable<RegisterAnswer> register_in_default_cluster(
      protocol::RegisterContainerInstanceRequest request);

  aws::JsonClient& json_;
  aws::CredentialCache& credentials_;
  Clock& clock_;
  EcsSettings settings_;
  std::function<double()> random_;
  std::string cluster_;
  Gate discovering_{1};
  std::optional<CachedEndpoint> cached_{};
  std::string told_{};  ///< Why the last look-up failed, as far as it was logged.
};

}  // namespace longshore::control
