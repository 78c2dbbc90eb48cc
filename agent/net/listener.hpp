#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/transport.hpp"

namespace longshore::net {

/// A connection that was just taken.
struct Accepted {
  boost::system::error_code error{};
  std::shared_ptr<Transport> transport{};  ///< Null when there was an error.
  std::string peer_address{};              ///< "127.0.0.1"; "unix" over a unix socket.
};

/// Where connections come in. On the event loop.
class Listener {
 public:
  virtual ~Listener() = default;
  /// The next connection. A peer that is gone by now is the error connection_aborted.
  virtual boost::asio::awaitable<Accepted> accept() = 0;
  /// Ends a pending accept. Removes the file of a unix socket.
  virtual void close() = 0;
  /// 0 for a unix socket.
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

/// Binds and listens. `port` 0: the kernel picks.
/// Errors: Conflict (address in use), PermissionDenied, InvalidInput (not an IP address).
Result<std::unique_ptr<Listener>> listen_tcp(const boost::asio::any_io_executor& executor,
                                             const std::string& address, std::uint16_t port);

/// Binds and listens at `path`, which only this user may open (mode 0600). A socket that nobody
/// listens on, which a process that was killed leaves behind, is replaced.
/// Errors: Conflict (somebody listens there, or it is no socket), PermissionDenied, InvalidInput
/// (longer than the 107 bytes a socket's path may have), Unavailable (no such folder).
/// Source: unix(7).
Result<std::unique_ptr<Listener>> listen_unix(const boost::asio::any_io_executor& executor,
                                              const std::string& path);

}  // namespace longshore::net
