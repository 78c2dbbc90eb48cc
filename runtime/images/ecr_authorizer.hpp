#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/aws/credentials.hpp"
#include "agent/aws/environment.hpp"
#include "agent/aws/json_client.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/base/result.hpp"
#include "agent/base/text.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/images/ecr_token_cache.hpp"

namespace longshore::runtime::images {

/// `ecrAuthData` of a container whose registryAuthentication has type "ecr". Empty as a whole: the
/// task brought none, and there is no login.
struct EcrAuthData {
  std::string registry_id{};  ///< The owning account; may differ from the task's.
  std::string region{};
  std::string endpoint_override{};  ///< Empty: the region's ECR. Its scheme may be left out.
};

struct EcrAuthorizerSettings {
  aws::Environment environment{};  ///< For AWS_ENDPOINT_URL_ECR and AWS_ENDPOINT_URL.
  std::string user_agent{};
  int attempts = 3;
  bool verify_tls = true;
};

/// Gets logins for private ECR registries with GetAuthorizationToken, and keeps them.
/// Call from the event loop only.
class EcrAuthorizer {
 public:
  /// Calls at once. Those who share the HTTP lane need a thread more than these for the rest, so
  /// that an ECR that hangs holds up nothing else.
  static constexpr std::size_t kMaxCalls = 2;

  /// `random` gives [0, 1) for the margin before a token's expiry.
  EcrAuthorizer(aws::JsonClient& client, Clock& clock, EcrAuthorizerSettings settings,
                std::function<double()> random = random_unit)
      : client_(client),
        clock_(clock),
        settings_(std::move(settings)),
        random_(std::move(random)) {}

  /// The login for a registry. `credentials_identity` says whose credentials these are (a role's
  /// ARN and credentials id, or "instance"), and must change when the rights behind them do.
  /// Callers that ask for the same thing at the same time share one call; when the one that makes
  /// it is cancelled, another takes over. Each attempt ends within 5 s, once its turn has come.
  /// Errors: InvalidInput (unusable answer or data), PermissionDenied, NotFound, Unavailable,
  /// Timeout; the message never holds a token.
  boost::asio::awaitable<Result<RegistryAuth>> authorize(EcrAuthData data,
                                                         aws::Credentials credentials,
                                                         std::string credentials_identity);

 private:
  struct Flight;
  boost::asio::awaitable<Result<RegistryAuth>> fetch(EcrTokenKey key, aws::Credentials credentials);
  [[nodiscard]] Moment now() const { return {clock_.steady_now(), clock_.wall_now()}; }

  aws::JsonClient& client_;
  Clock& clock_;
  EcrAuthorizerSettings settings_;
  std::function<double()> random_;
  EcrTokenCache cache_{};
  Gate calls_{kMaxCalls};
  std::map<EcrTokenKey, std::weak_ptr<Flight>> flights_{};  ///< Calls under way.
};

}  // namespace longshore::runtime::images
