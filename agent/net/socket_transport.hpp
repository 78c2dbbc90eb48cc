#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>

#include "agent/net/transport.hpp"

namespace longshore::net {

/// Takes over a connected socket. TCP gets TCP_NODELAY: our messages are whole when written.
std::shared_ptr<Transport> socket_transport(boost::asio::ip::tcp::socket socket);
std::shared_ptr<Transport> socket_transport(boost::asio::local::stream_protocol::socket socket);

}  // namespace longshore::net
