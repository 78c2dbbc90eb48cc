#include "runtime/images/ecr_authorizer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "agent/aws/endpoints.hpp"
#include "agent/base/json_reader.hpp"
#include "runtime/images/base64.hpp"

namespace longshore::runtime::images {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::seconds kTimeout{5};
/// An expiry beyond this (epoch seconds) is no time; as milliseconds it would still fit.
constexpr double kYear5000 = 95'617'584'000.0;

struct Token {
  RegistryAuth auth{};
  std::optional<WallTime> expires{};
};

/// Source: Amazon ECR API, GetAuthorizationToken.
Result<Token> read_token(const nlohmann::json& answer) {
  return read_json(answer, [](const JsonReader& document) {
    const JsonReader list = document.require("authorizationData");
    const auto entries = list.items();
    if (entries.size() != 1) {
      list.reject(fmt::format("expected one entry, got {}", entries.size()));
    }
    const JsonReader encoded = entries.front().require("authorizationToken");
    const auto login = decode_base64(encoded.as_string());
    if (!login) encoded.reject(login.error().message);
    const auto colon = login->find(':');
    if (colon == std::string::npos) encoded.reject("expected user:password in base64");
    Token token;
    token.auth.username = login->substr(0, colon);
    token.auth.password = Secret(login->substr(colon + 1));
    token.auth.server_address = entries.front().string("proxyEndpoint").value_or("");
    const auto expires = entries.front().number("expiresAt");
    if (expires && *expires > 0 && *expires < kYear5000) {
      token.expires = WallTime{
          std::chrono::milliseconds{static_cast<std::int64_t>(std::llround(*expires * 1000.0))}};
    }
    return token;
  });
}

}  // namespace

/// One call under way and those who wait for it. It is over when its owner's Landing goes, also
/// when the owner is cancelled: `result` is then empty.
struct EcrAuthorizer::Flight {
  explicit Flight(const boost::asio::any_io_executor& executor)
      : landed(executor, SteadyTime::max()) {}
  boost::asio::steady_timer landed;
  bool over = false;
  std::optional<Result<RegistryAuth>> result{};

  struct Landing {
    explicit Landing(std::shared_ptr<Flight> owned) : flight(std::move(owned)) {}
    ~Landing() {
      flight->over = true;
      flight->landed.cancel();
    }
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;
    std::shared_ptr<Flight> flight;
  };
};

awaitable<Result<RegistryAuth>> EcrAuthorizer::authorize(EcrAuthData data,
                                                         aws::Credentials credentials,
                                                         std::string credentials_identity) {
  if (data.registry_id.empty() && data.region.empty() && data.endpoint_override.empty()) {
    co_return fail(ErrorCode::InvalidInput, "dockerauth: missing container's ecr auth data");
  }
  const EcrTokenKey key{std::move(credentials_identity), std::move(data.region),
                        std::move(data.registry_id), std::move(data.endpoint_override)};
  std::erase_if(flights_, [](const auto& entry) { return entry.second.expired(); });
  while (true) {
    if (auto known = cache_.find(key, now())) co_return std::move(*known);
    const auto other = flights_[key].lock();
    if (!other) break;
    if (!other->over) {
      co_await other->landed.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (other->result) co_return *other->result;
    // Its owner was cancelled, and only its waiters still hold it: forget it, and one takes over.
    if (other->over && flights_[key].lock() == other) flights_.erase(key);
  }
  const auto flight = std::make_shared<Flight>(co_await boost::asio::this_coro::executor);
  flights_[key] = flight;
  const Flight::Landing landing(flight);
  flight->result = co_await fetch(key, std::move(credentials));
  flights_.erase(key);
  co_return *flight->result;
}

awaitable<Result<RegistryAuth>> EcrAuthorizer::fetch(EcrTokenKey key,
                                                     aws::Credentials credentials) {
  aws::JsonCall call{
      .endpoint_url = aws::ecr_endpoint(key.region, key.endpoint_override, settings_.environment),
      .service = "ecr",
      .region = key.region,
      .target_prefix = "AmazonEC2ContainerRegistry_V20150921",
      .operation = "GetAuthorizationToken",
      .body = {{"registryIds", nlohmann::json::array({key.registry_id})}},
      .credentials = std::move(credentials)};
  aws::JsonCallOptions options{.user_agent = settings_.user_agent,
                               .timeout = kTimeout,
                               .connect_timeout = kTimeout,
                               .attempts = settings_.attempts,
                               .verify_tls = settings_.verify_tls};
  const std::string context = fmt::format("ECR registry {} in {}", key.registry_id, key.region);
  const auto pass = co_await calls_.enter();
  const auto answer = co_await client_.call(std::move(call), std::move(options));
  if (!answer) co_return fail(context, answer.error().error);
  auto token = read_token(*answer);
  if (!token) co_return fail(context + ": GetAuthorizationToken", token.error());
  std::optional<std::chrono::milliseconds> life;
  if (token->expires) life = *token->expires - client_.service_now();
  cache_.store(std::move(key), token->auth, life, now(), random_());
  co_return std::move(token->auth);
}

}  // namespace longshore::runtime::images
