#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "agent/net/websocket.hpp"
#include "agent/standalone/server_context.hpp"

namespace longshore::standalone {

/// What an agent says in the URL of its ACS connection.
struct AcsQuery {
  std::string instance_arn{};
  std::string agent_version{};
  std::string agent_hash{};
  std::string docker_version{};
  int protocol_version = 1;
  bool send_credentials = false;
  std::string origin{};  ///< This server, as the agent reached it.
};

/// Serves one ACS connection until it ends: first credentials if asked for, what was not
/// acknowledged, and a manifest; then heartbeats, new payloads, and repeats of what stays
/// unacknowledged. A newer connection of the same agent takes this one's place.
boost::asio::awaitable<void> serve_acs(std::shared_ptr<ServerContext> context, AcsQuery query,
                                       std::unique_ptr<net::Websocket> socket);

}  // namespace longshore::standalone
