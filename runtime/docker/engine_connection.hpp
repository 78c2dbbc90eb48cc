#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/net/unix_http_client.hpp"
#include "runtime/breaker.hpp"
#include "runtime/docker/api_version.hpp"
#include "runtime/docker/call_limits.hpp"
#include "runtime/docker/engine_messages.hpp"

namespace longshore::runtime::docker {

/// One call of the Engine API.
struct EngineCall {
  std::string method = "GET";
  std::string path{};  ///< With query, without the version: "/containers/json?all=1".
  std::string body{};
  std::string content_type = "application/json";  ///< Of the body, if there is one.
  net::Headers headers{};
  std::chrono::milliseconds timeout{kInspectTimeout};
  std::size_t max_bytes = kMaxAnswerBytes;
  std::optional<ApiVersion> version{};  ///< nullopt: the negotiated one.
};

/// The engine behind its socket: knows its API versions and puts them in front of paths. Errors of
/// all calls: Unavailable, Timeout, PermissionDenied, InvalidInput (the answer is not HTTP, or too
/// large), with "Docker: " in front.
class EngineConnection {
 public:
  explicit EngineConnection(std::string socket_path) : http_(std::move(socket_path)) {}

  /// Asks the engine anew: it may have been replaced since the last time.
  boost::asio::awaitable<Result<EngineVersion>> negotiate();
  /// What negotiate() found; asks on first use.
  boost::asio::awaitable<Result<EngineVersion>> engine();

  /// What call() and ask() go through, and call_unversioned() and open() do not.
  Breaker& breaker() { return breaker_; }

  /// Any status is a value: for calls in which an error status can be a success.
  boost::asio::awaitable<Result<net::HttpResponse>> call(EngineCall call);
  /// The body of the answer. Errors: also the engine's own, see to_error().
  boost::asio::awaitable<Result<std::string>> ask(EngineCall question);
  /// Without a version: only /_ping and /version are the same in all. Any status is a value.
  boost::asio::awaitable<Result<net::HttpResponse>> call_unversioned(EngineCall call);
  /// `call.timeout` bounds the wait for the answer's head. Any status is a value.
  boost::asio::awaitable<Result<std::unique_ptr<net::HttpBodyStream>>> open(EngineCall call);

 private:
  boost::asio::awaitable<Result<net::HttpRequest>> to_request(EngineCall call);
  boost::asio::awaitable<Result<net::HttpResponse>> call_unguarded(EngineCall call);

  net::UnixHttpClient http_;
  Breaker breaker_{};
  std::optional<EngineVersion> engine_{};
  ApiVersion version_{};
};

/// The first kMaxRefusalBytes of a stream that was refused: the reason is in it.
boost::asio::awaitable<std::string> read_refusal(net::HttpBodyStream* stream);

}  // namespace longshore::runtime::docker
