#include "agent/net/websocket_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "agent/net/deadline.hpp"
#include "agent/net/net_error.hpp"
#include "agent/net/websocket_session.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

http::request<http::empty_body> to_beast(const ServerRequest& request) {
  http::request<http::empty_body> upgrade;
  upgrade.version(11);
  upgrade.method_string(request.method);
  upgrade.target(request.target);
  for (const auto& [name, value] : request.headers) upgrade.insert(name, value);
  return upgrade;
}

}  // namespace

bool is_websocket_upgrade(const ServerRequest& request) {
  return websocket::is_upgrade(to_beast(request));
}

asio::awaitable<Result<std::unique_ptr<Websocket>>> accept_websocket(
    std::shared_ptr<Transport> transport, ServerRequest request, std::size_t max_message_bytes,
    std::chrono::milliseconds timeout) {
  const Deadline deadline(transport, timeout);
  auto session = std::make_shared<WebsocketSession>(transport, max_message_bytes);
  session->stream.auto_fragment(false);
  const auto upgrade = to_beast(request);
  const auto [ec] =
      co_await session->stream.async_accept(upgrade, asio::as_tuple(asio::use_awaitable));
  co_await unwind_if_cancelled();
  if (deadline.expired()) co_return fail(ErrorCode::Timeout, "websocket upgrade timed out");
  if (ec.category() == make_error_code(websocket::error::closed).category()) {
    co_return fail(ErrorCode::InvalidInput, "websocket upgrade: {}", ec.message());
  }
  if (ec) co_return fail(connection_error("websocket upgrade", ec));
  co_return open_websocket(std::move(session));
}

}  // namespace longshore::net
