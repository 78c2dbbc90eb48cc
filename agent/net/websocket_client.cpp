#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/error.hpp>
#include <chrono>
#include <utility>

#include "agent/net/deadline.hpp"
#include "agent/net/dial.hpp"
#include "agent/net/http_head.hpp"
#include "agent/net/net_error.hpp"
#include "agent/net/proxy.hpp"
#include "agent/net/tls_transport.hpp"
#include "agent/net/tunnel.hpp"
#include "agent/net/url.hpp"
#include "agent/net/websocket_session.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using std::chrono::milliseconds;
using Connected = tl::expected<std::unique_ptr<Websocket>, ConnectFailure>;

constexpr std::size_t kMaxRefusalBytes = 1024;
/// Longer messages leave in frames of this size, as the official agent sends them.
constexpr std::size_t kFrameBytes = 32768;

Result<Url> parse_target(const WebsocketTarget& target) {
  auto url = parse_url(target.url);
  if (!url) return url;
  if (url->scheme != "ws" && url->scheme != "wss") {
    return fail(ErrorCode::InvalidInput, "URL \"{}\": expected ws:// or wss://",
                printable_url(target.url));
  }
  for (const auto& [name, value] : target.headers) {
    if (!is_header(name, value)) {
      return fail(ErrorCode::InvalidInput, "upgrade header \"{}\": not fit for HTTP",
                  is_header(name, "") ? name : "?");
    }
  }
  return url;
}

/// A connection to the target itself or, through the proxy of the environment, to its far end.
asio::awaitable<Result<std::shared_ptr<Transport>>> reach(Url url, milliseconds limit,
                                                          milliseconds proxy_limit) {
  const auto proxy = choose_proxy(read_proxy_environment(), url);
  if (!proxy) co_return fail(proxy.error());
  if (!*proxy) co_return co_await dial(url.host, url.port, limit);
  const Url& via = **proxy;
  auto transport = co_await dial(via.host, via.port, limit);
  if (!transport) co_return fail("proxy " + via.authority, std::move(transport).error());
  const Deadline deadline(*transport, proxy_limit);
  Status opened;
  if (via.scheme == "https") {
    transport = co_await tls_connect(*transport, {.host = via.host});
    if (!transport) opened = fail("proxy " + via.authority, transport.error());
  }
  if (opened) opened = co_await open_tunnel(*transport, via, url.host, url.port);
  if (deadline.expired()) {
    co_return fail(ErrorCode::Timeout, "proxy {}: timed out", via.authority);
  }
  if (!opened) co_return fail(std::move(opened).error());
  co_return transport;
}

HandshakeRefused to_refusal(const websocket::response_type& response) {
  return {.status = static_cast<int>(response.result_int()),
          .body = response.body().substr(0, kMaxRefusalBytes)};
}

ConnectFailure refusal_failure(HandshakeRefused refused) {
  const bool denied = refused.status == 401 || refused.status == 403;
  return {.error = {denied ? ErrorCode::PermissionDenied : ErrorCode::Unavailable,
                    "upgrade refused with HTTP " + std::to_string(refused.status)},
          .refused = std::move(refused)};
}

asio::awaitable<Connected> upgrade(std::shared_ptr<Transport> transport, Url url,
                                   WebsocketTarget target) {
  auto session = std::make_shared<WebsocketSession>(transport, target.max_message_bytes);
  session->stream.auto_fragment(true);
  session->stream.write_buffer_bytes(kFrameBytes);
  session->stream.set_option(
      websocket::stream_base::decorator([headers = target.headers](websocket::request_type& r) {
        for (const auto& [name, value] : headers) r.set(name, value);
      }));
  websocket::response_type response;
  const auto [ec] = co_await session->stream.async_handshake(response, url.authority, url.target,
                                                             asio::as_tuple(asio::use_awaitable));
  co_await unwind_if_cancelled();
  if (ec == websocket::error::upgrade_declined) {
    co_return tl::make_unexpected(refusal_failure(to_refusal(response)));
  }
  if (ec) co_return tl::make_unexpected(ConnectFailure{connection_error("upgrade", ec)});
  co_return open_websocket(std::move(session));
}

asio::awaitable<Connected> connect(WebsocketTarget target) {
  const auto url = parse_target(target);
  if (!url) co_return tl::make_unexpected(ConnectFailure{url.error()});
  const auto reached = co_await reach(*url, target.connect_timeout, target.handshake_timeout);
  if (!reached) {
    // A proxy variable that is no URL will not get better by itself.
    const bool unreachable = reached.error().code != ErrorCode::InvalidInput;
    co_return tl::make_unexpected(ConnectFailure{reached.error(), {}, unreachable});
  }
  std::shared_ptr<Transport> transport = *reached;
  const Deadline deadline(transport, target.handshake_timeout);
  const auto timed_out = [] {
    return tl::make_unexpected(
        ConnectFailure{{ErrorCode::Timeout, "TLS and upgrade took too long"}});
  };
  if (url->scheme == "wss") {
    auto secured = co_await tls_connect(
        transport, {.host = url->host, .verify = target.verify_tls, .ca_file = target.ca_file});
    if (deadline.expired()) co_return timed_out();
    if (!secured) co_return tl::make_unexpected(ConnectFailure{std::move(secured).error()});
    transport = std::move(*secured);
  }
  auto connected = co_await upgrade(std::move(transport), *url, std::move(target));
  if (deadline.expired()) co_return timed_out();
  co_return connected;
}

}  // namespace

asio::awaitable<Connected> connect_websocket(WebsocketTarget target) {
  const std::string what = "connect to " + printable_url(target.url);
  auto connected = co_await connect(std::move(target));
  if (!connected) {
    connected.error().error = with_context(what, std::move(connected.error().error));
  }
  co_return connected;
}

}  // namespace longshore::net
