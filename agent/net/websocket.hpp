#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/http.hpp"

namespace longshore::net {

/// How the peer ended a websocket.
struct WebsocketClosed {
  /// RFC 6455 close code; 1006: the peer ended the connection without a close frame.
  std::uint16_t code = 1006;
  std::string reason{};
};

/// One open websocket, client or server side, on the event loop. One reader and one writer at a
/// time; a read and a write may overlap. Pings are answered inside read(). No compression.
class Websocket {
 public:
  virtual ~Websocket() = default;  ///< Drops the connection without a close frame.
  /// The next text or binary message.
  /// Errors: Timeout (none within `timeout`), InvalidInput (larger than max_message_bytes),
  /// Unavailable (ended; closed() says how, if it was the peer). After an error, or cancelled, the
  /// connection is cut.
  virtual boost::asio::awaitable<Result<std::string>> read(std::chrono::milliseconds timeout) = 0;
  /// Sends one text message. Errors: Timeout, Unavailable. After an error the socket is unusable.
  virtual boost::asio::awaitable<Status> write(std::string message,
                                               std::chrono::milliseconds timeout) = 0;
  /// Starts the closing handshake; a running read() ends when the peer answers, or after 5 s.
  virtual boost::asio::awaitable<void> close(std::uint16_t code, std::string reason) = 0;
  /// Cuts the connection now; a running read() ends with Unavailable.
  virtual void abort() = 0;
  /// Set once read() or write() failed because the peer ended the connection. Not set when the
  /// connection broke (a reset, a peer out of reach) or was aborted. A peer that does not answer
  /// close() counts as one that ended without a close frame. Source: gorilla/websocket, which the
  /// official agent uses, gives 1006 to the end of the stream alone.
  virtual const std::optional<WebsocketClosed>& closed() const = 0;
};

struct WebsocketTarget {
  std::string url{};  ///< "ws://host[:port]/path?query" or "wss://…"; sent as it stands.
  Headers headers{};  ///< Added to the upgrade request.
  /// For the name and the connection. Short, because the kernel repeats an unanswered SYN ever more
  /// slowly: a new attempt finds a link that is back sooner than a long one that goes on.
  std::chrono::milliseconds connect_timeout{5'000};
  /// For a proxy's answer, and again for TLS and upgrade.
  std::chrono::milliseconds handshake_timeout{30'000};
  std::size_t max_message_bytes = 16U << 20U;
  bool verify_tls = true;
  std::string ca_file{};  ///< PEM bundle in place of the system's; for tests.
};

/// The server answered the upgrade with something else than 101.
struct HandshakeRefused {
  int status = 0;
  std::string body{};  ///< First 1024 bytes.
};

/// Why there is no websocket; `refused` when the server answered the upgrade with another status.
struct ConnectFailure {
  Error error{};
  std::optional<HandshakeRefused> refused{};
  /// The service was not even reached: name, connection or proxy failed.
  bool unreachable = false;
};

/// Resolve, connect (through the proxy of the environment if one applies: CONNECT, basic
/// authorisation from its URL), TLS (>= 1.2, host name verified), upgrade.
/// Errors: Timeout, Unavailable, PermissionDenied (certificate), InvalidInput (URL).
boost::asio::awaitable<tl::expected<std::unique_ptr<Websocket>, ConnectFailure>> connect_websocket(
    WebsocketTarget target);

}  // namespace longshore::net
