#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "agent/base/result.hpp"
#include "agent/net/http_server.hpp"
#include "agent/net/transport.hpp"

namespace longshore::net {

/// Whether the request asks for a websocket (RFC 6455 §4.2.1).
bool is_websocket_upgrade(const ServerRequest& request);

/// Answers the upgrade request with 101. Errors: InvalidInput (no proper upgrade; 400 has been
/// sent), Timeout, Unavailable.
boost::asio::awaitable<Result<std::unique_ptr<Websocket>>> accept_websocket(
    std::shared_ptr<Transport> transport, ServerRequest request, std::size_t max_message_bytes,
    std::chrono::milliseconds timeout);

}  // namespace longshore::net
