#pragma once

#include <boost/asio/awaitable.hpp>
#include <stop_token>

#include "agent/base/lane.hpp"
#include "agent/base/result.hpp"
#include "agent/net/http.hpp"

namespace longshore::net {

/// One blocking call over libcurl, for a lane's thread. TLS >= 1.2. Proxies as the official agent
/// takes them: HTTPS_PROXY, falling back to HTTP_PROXY, for https; HTTP_PROXY for http; NO_PROXY;
/// never for localhost and loopback. Any HTTP status is a value, not an error. No redirects.
/// Errors: Timeout, Unavailable (resolve, connect, reset, TLS), InvalidInput (URL),
/// `max_response_bytes` exceeded is InvalidInput. `stop` makes a running call end early.
Result<HttpResponse> https_call(const HttpRequest& request, std::stop_token stop);

/// https_call from the event loop: runs on the lane, resumes on the loop.
class HttpsClient {
 public:
  explicit HttpsClient(Lane& lane) : lane_(lane) {}
  /// Ends running calls soon (within 100 ms); the lane's owner then joins it.
  ~HttpsClient() { stop_.request_stop(); }
  HttpsClient(const HttpsClient&) = delete;
  HttpsClient& operator=(const HttpsClient&) = delete;
  boost::asio::awaitable<Result<HttpResponse>> call(HttpRequest request);
  void stop() { stop_.request_stop(); }

 private:
  Lane& lane_;
  std::stop_source stop_;
};

}  // namespace longshore::net
