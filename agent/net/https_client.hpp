#pragma once

#include <boost/asio/awaitable.hpp>
#include <stop_token>
#include <tl/expected.hpp>

#include "agent/base/error.hpp"
#include "agent/base/lane.hpp"
#include "agent/net/http.hpp"

namespace longshore::net {

/// Why there is no answer to a call.
struct HttpsFailure {
  Error error{};
  /// The service was not even reached: name, connection or proxy failed.
  bool unreachable = false;
};
/// Any HTTP status is an answer.
using HttpsAnswer = tl::expected<HttpResponse, HttpsFailure>;

/// One blocking call over libcurl, for a lane's thread. TLS >= 1.2. Proxies as the official agent
/// takes them: HTTPS_PROXY, falling back to HTTP_PROXY, for https; HTTP_PROXY for http; NO_PROXY;
/// never for localhost and loopback. No redirects.
/// Errors: Timeout, Unavailable (resolve, connect, reset, TLS), InvalidInput (URL),
/// `max_response_bytes` exceeded is InvalidInput. `stop` makes a running call end early.
HttpsAnswer https_call(const HttpRequest& request, std::stop_token stop);

/// https_call from the event loop: runs on the lane, resumes on the loop.
class HttpsClient {
 public:
  explicit HttpsClient(Lane& lane) : lane_(lane) {}
  /// Ends running calls soon (within 100 ms); the lane's owner then joins it.
  ~HttpsClient() { stop_.request_stop(); }
  HttpsClient(const HttpsClient&) = delete;
  HttpsClient& operator=(const HttpsClient&) = delete;
  boost::asio::awaitable<HttpsAnswer> call(HttpRequest request);
  void stop() { stop_.request_stop(); }

 private:
  Lane& lane_;
  std::stop_source stop_;
};

}  // namespace longshore::net
