#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>

#include "agent/net/http_server.hpp"
#include "agent/standalone/server_context.hpp"

namespace longshore::standalone {

/// Decides about `GET /ws`: ACS has containerInstanceArn in its query, TCS containerInstance.
/// Refuses, in the words agents know, what is not signed, unknown (InvalidInstanceException) or
/// deregistered (InactiveInstanceException), and what a fault on "connect" says.
std::optional<net::HttpResponse> check_upgrade(ServerContext& context,
                                               const net::ServerRequest& request);

/// Serves a websocket that check_upgrade() let in.
boost::asio::awaitable<void> serve_upgrade(std::shared_ptr<ServerContext> context,
                                           net::ServerRequest request,
                                           std::unique_ptr<net::Websocket> socket);

}  // namespace longshore::standalone
