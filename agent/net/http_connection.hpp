#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "agent/net/http_server.hpp"
#include "agent/net/transport.hpp"

namespace longshore::net {

/// What every connection of a server shares.
struct ServedSite {
  HttpServerSettings settings{};
  HttpHandlers handlers{};
};

/// Serves the requests of one connection until either side ends it. Cancel it to cut it short.
boost::asio::awaitable<void> serve_http(std::shared_ptr<const ServedSite> site,
                                        std::shared_ptr<Transport> transport,
                                        std::string peer_address);

/// Answers 503 before any request is read, and ends the connection.
boost::asio::awaitable<void> refuse_http(std::shared_ptr<Transport> transport);

}  // namespace longshore::net
