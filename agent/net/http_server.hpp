#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/http.hpp"
#include "agent/net/websocket.hpp"

namespace longshore::net {

struct ServerRequest {
  std::string method{};
  std::string target{};  ///< Path and query as sent.
  Headers headers{};
  std::string body{};
  std::string peer_address{};  ///< "127.0.0.1"; "unix" over a unix socket.
};

struct HttpServerSettings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: the kernel picks; see HttpServer::port().
  /// Set: listens there and not on a port, for this user alone; see listen_unix. Without TLS.
  std::string unix_socket{};
  std::size_t max_connections = 1024;
  std::size_t max_body_bytes = 4U << 20U;
  std::size_t max_message_bytes = 16U << 20U;         ///< Websocket messages.
  std::chrono::milliseconds request_timeout{60'000};  ///< One request; idle; sending an answer.
  std::string tls_certificate_file{};                 ///< Both set: TLS only. PEM.
  std::string tls_key_file{};
};

/// What the server does with requests. Handlers run on the loop; each must bound its own waits.
struct HttpHandlers {
  std::function<boost::asio::awaitable<HttpResponse>(ServerRequest)> request{};
  /// Decides about an upgrade: nullopt accepts it, a response refuses it. Unset: none accepted.
  std::function<std::optional<HttpResponse>(const ServerRequest&)> check_upgrade{};
  /// Serves an accepted websocket; the connection ends when it returns.
  std::function<boost::asio::awaitable<void>(ServerRequest, std::unique_ptr<Websocket>)>
      websocket{};
};

/// HTTP/1.1 with keep-alive and websocket upgrade, on the event loop (Beast). Bad requests get 400,
/// too large ones 413, too many connections 503, and none of them disturbs another connection.
class HttpServer {
 public:
  /// Binds and listens at once. Errors: Conflict (address in use), PermissionDenied, InvalidInput,
  /// Unavailable (no folder for the unix socket).
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::any_io_executor executor,
                                                    HttpServerSettings settings,
                                                    HttpHandlers handlers);
  ~HttpServer();  ///< Stops listening and drops every connection.
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  std::uint16_t port() const;  ///< 0 on a unix socket.

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace longshore::net
