#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <tl/expected.hpp>

#include "agent/aws/credentials.hpp"
#include "agent/aws/service_error.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/text.hpp"
#include "agent/net/https_client.hpp"

namespace longshore::aws {

/// One operation of a service that speaks AWS JSON 1.1.
struct JsonCall {
  std::string endpoint_url{};  ///< "https://ecs.us-west-2.amazonaws.com"; "/" is added if missing.
  std::string service{};       ///< SigV4's name: "ecs", "ecr".
  std::string region{};
  std::string target_prefix{};  ///< "AmazonEC2ContainerServiceV20141113".
  std::string operation{};      ///< "DiscoverPollEndpoint".
  nlohmann::json body = nlohmann::json::object();
  Credentials credentials{};
};

struct JsonCallOptions {
  std::string user_agent{};
  std::chrono::milliseconds timeout{42'000};         ///< One attempt, first byte to last.
  std::chrono::milliseconds connect_timeout{6'000};  ///< Name, connection, proxy, TLS.
  int attempts = 3;  ///< At least 1, the first included; the caller honours AWS_MAX_ATTEMPTS.
  bool verify_tls = true;
};

/// Signs, sends and repeats calls of AWS JSON 1.1 services. Call from the event loop only.
class JsonClient {
 public:
  /// `random` gives [0, 1) for the waits between attempts.
  JsonClient(net::HttpsClient& http, Clock& clock, std::function<double()> random = random_unit)
      : http_(http), clock_(clock), random_(std::move(random)) {}

  /// The answer's object ({} for an empty body). Retries what may succeed later after retry_delay;
  /// ends within attempts x timeout plus those waits. An answer whose code blames our clock sets
  /// it right by the answer's Date header, for every later call too, and is retried.
  /// Errors: see ServiceError; its message starts with the operation.
  boost::asio::awaitable<tl::expected<nlohmann::json, ServiceError>> call(JsonCall call,
                                                                          JsonCallOptions options);

  /// The service's time as far as known: what to sign other requests (websockets) with.
  [[nodiscard]] WallTime service_now() const { return clock_.wall_now() + clock_offset_; }

 private:
  boost::asio::awaitable<tl::expected<nlohmann::json, ServiceError>> attempt(
      JsonCall call, JsonCallOptions options, std::string body);
  bool correct_clock(const net::HttpResponse& response, const ServiceError& error);

  net::HttpsClient& http_;
  Clock& clock_;
  std::function<double()> random_;
  std::chrono::milliseconds clock_offset_{0};
};

}  // namespace longshore::aws
