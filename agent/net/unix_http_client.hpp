#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/http.hpp"

namespace longshore::net {

/// The body of a long answer (events, pull progress, logs), read piece by piece on the loop.
/// Destroying it closes the connection.
class HttpBodyStream {
 public:
  virtual ~HttpBodyStream() = default;
  /// Status and headers of the answer.
  virtual const HttpResponse& head() const = 0;
  /// The next bytes (at most 64 KiB), or an empty string at the end of the body. `idle_timeout`
  /// bounds the wait for them; zero waits without limit (cancel to end it).
  /// Errors, all final: Timeout, Unavailable (connection lost), InvalidInput (not HTTP).
  virtual boost::asio::awaitable<Result<std::string>> read(
      std::chrono::milliseconds idle_timeout) = 0;
};

/// HTTP/1.1 over a unix socket, on the event loop. Idle connections are kept (at most 8) and used
/// again; a request on a kept connection that turns out closed before the first byte of the answer
/// is sent once more on a new one when its method is GET or HEAD.
/// Errors: Unavailable (no socket, refused, reset), PermissionDenied (socket mode), Timeout,
/// InvalidInput (not HTTP, answer larger than max_response_bytes).
class UnixHttpClient {
 public:
  explicit UnixHttpClient(std::string socket_path);
  ~UnixHttpClient();
  UnixHttpClient(const UnixHttpClient&) = delete;
  UnixHttpClient& operator=(const UnixHttpClient&) = delete;

  boost::asio::awaitable<Result<HttpResponse>> call(HttpRequest request);
  /// On a connection of its own. Any status is a value: look at head().status first.
  boost::asio::awaitable<Result<std::unique_ptr<HttpBodyStream>>> open_stream(HttpRequest request);

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace longshore::net
