#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/transport.hpp"

namespace longshore::net {

/// Resolves `host` (a name or an address without brackets) and connects to the first of its
/// addresses that answers; each gets its share of `limit`.
/// Errors: Timeout, Unavailable (unknown name, refused, unreachable), PermissionDenied.
boost::asio::awaitable<Result<std::shared_ptr<Transport>>> dial(std::string host,
                                                                std::uint16_t port,
                                                                std::chrono::milliseconds limit);

}  // namespace longshore::net
