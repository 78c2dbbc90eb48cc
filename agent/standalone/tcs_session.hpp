#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "agent/net/websocket.hpp"
#include "agent/standalone/server_context.hpp"

namespace longshore::standalone {

/// Serves one TCS connection until it ends: checks, applies and acknowledges what the agent
/// publishes (a broken frame gets a BadRequestException), and sends heartbeats.
boost::asio::awaitable<void> serve_tcs(std::shared_ptr<ServerContext> context,
                                       std::string instance_arn,
                                       std::unique_ptr<net::Websocket> socket);

}  // namespace longshore::standalone
