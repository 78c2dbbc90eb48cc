#pragma once

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "agent/net/transport.hpp"
#include "agent/net/websocket.hpp"

// Beast finds these by argument look-up when a websocket over an AnyStream ends. They must be seen
// where its operations are compiled: websocket_session.cpp, _client.cpp and _server.cpp, the only
// files that include this one.
namespace longshore::net {

/// Both close frames are through, so TLS's close_notify would add nothing, and waiting for the
/// peer's would let a silent one hold back the end of read(): a FIN is enough.
template <typename Handler>
void async_teardown(boost::beast::role_type, AnyStream& stream, Handler&& handler) {
  ::shutdown(stream.transport().descriptor(), SHUT_WR);
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                     boost::system::error_code{}));
}
inline void beast_close_socket(AnyStream& stream) { stream.transport().close(); }

/// Without compression: neither ECS nor agents ask for it.
using WebsocketStream = boost::beast::websocket::stream<AnyStream, false>;

/// A websocket and what is known about its end. Shared with running operations, so that the owner
/// may drop it under them.
struct WebsocketSession {
  WebsocketSession(std::shared_ptr<Transport> t, std::size_t max_message_bytes)
      : transport(std::move(t)), stream(transport) {
    stream.read_message_max(max_message_bytes);
    stream.text(true);
  }
  std::shared_ptr<Transport> transport;
  WebsocketStream stream;
  std::optional<WebsocketClosed> closed{};
  bool closing = false;  ///< Our close is under way: no end is a break any more.
};

/// The open websocket of a session whose upgrade is done.
std::unique_ptr<Websocket> open_websocket(std::shared_ptr<WebsocketSession> session);

}  // namespace longshore::net
