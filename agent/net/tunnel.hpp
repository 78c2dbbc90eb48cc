#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/transport.hpp"
#include "agent/net/url.hpp"

namespace longshore::net {

/// Asks a connected proxy to pass everything on to `host:port`: CONNECT for http and https proxies
/// (RFC 9110 §9.3.6), SOCKS 5 for socks5 (RFC 1928, RFC 1929), each with the user and password of
/// its URL. The proxy resolves the name. The caller sets the deadline.
/// Errors: PermissionDenied (403, 407, wrong password), Unavailable, InvalidInput (not the answer
/// of a proxy).
boost::asio::awaitable<Status> open_tunnel(std::shared_ptr<Transport> transport, Url proxy,
                                           std::string host, std::uint16_t port);

}  // namespace longshore::net
