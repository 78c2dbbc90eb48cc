#include "agent/net/listener.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "agent/net/net_error.hpp"
#include "agent/net/socket_transport.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using unix_stream = asio::local::stream_protocol;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;
constexpr mode_t kOwnerOnly = 0600;

class TcpListener final : public Listener {
 public:
  explicit TcpListener(tcp::acceptor acceptor) : acceptor_(std::move(acceptor)) {}

  asio::awaitable<Accepted> accept() override {
    auto [ec, socket] = co_await acceptor_.async_accept(kAwait);
    if (ec) co_return Accepted{.error = ec};
    const auto peer = socket.remote_endpoint(ec);
    if (ec) co_return Accepted{.error = asio::error::connection_aborted};
    co_return Accepted{.transport = socket_transport(std::move(socket)),
                       .peer_address = peer.address().to_string()};
  }
  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
  }
  std::uint16_t port() const override {
    error_code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }

 private:
  tcp::acceptor acceptor_;
};

class UnixListener final : public Listener {
 public:
  UnixListener(unix_stream::acceptor acceptor, std::string path)
      : acceptor_(std::move(acceptor)), path_(std::move(path)) {}

  asio::awaitable<Accepted> accept() override {
    auto [ec, socket] = co_await acceptor_.async_accept(kAwait);
    if (ec) co_return Accepted{.error = ec};
    co_return Accepted{.transport = socket_transport(std::move(socket)), .peer_address = "unix"};
  }
  void close() override {
    if (!acceptor_.is_open()) return;
    ::unlink(path_.c_str());
    error_code ignored;
    acceptor_.close(ignored);
  }
  std::uint16_t port() const override { return 0; }

 private:
  unix_stream::acceptor acceptor_;
  std::string path_;
};

/// Makes way for a new socket at `path`, unless something lives there.
Status remove_stale_socket(const asio::any_io_executor& executor, const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};  // Binding tells what is wrong, if anything.
  if (!S_ISSOCK(found.st_mode)) {
    return fail(ErrorCode::Conflict, "listen on {}: a file that is no socket is there", path);
  }
  error_code ec;
  unix_stream::socket probe(executor);
  probe.open(unix_stream(), ec);
  // Else it would wait for a listener that does not accept.
  if (!ec) probe.native_non_blocking(true, ec);
  if (ec) return fail(connection_error("listen on " + path, ec));
  const unix_stream::endpoint endpoint(path);
  const bool connected = ::connect(probe.native_handle(), endpoint.data(),
                                   static_cast<socklen_t>(endpoint.size())) == 0;
  if (connected || errno == EAGAIN) {
    return fail(ErrorCode::Conflict, "listen on {}: another process listens there", path);
  }
  if (errno != ECONNREFUSED) {
    return fail(connection_error("listen on " + path, {errno, boost::system::system_category()}));
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail(connection_error("replace " + path, {errno, boost::system::system_category()}));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Listener>> listen_tcp(const asio::any_io_executor& executor,
                                             const std::string& address, std::uint16_t port) {
  const std::string where = address + ":" + std::to_string(port);
  error_code ec;
  const auto ip = asio::ip::make_address(address, ec);
  if (ec) {
    return fail(ErrorCode::InvalidInput, "listen on {}: expected an IP address", where);
  }
  const tcp::endpoint endpoint(ip, port);
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return fail(connection_error("listen on " + where, ec));
  return std::make_unique<TcpListener>(std::move(acceptor));
}

Result<std::unique_ptr<Listener>> listen_unix(const asio::any_io_executor& executor,
                                              const std::string& path) {
  if (path.empty() || path.size() > kMaxPathBytes) {
    return fail(ErrorCode::InvalidInput, "listen on {}: expected a path of 1 to {} bytes", path,
                kMaxPathBytes);
  }
  if (auto free = remove_stale_socket(executor, path); !free) {
    return fail(std::move(free).error());
  }
  error_code ec;
  unix_stream::acceptor acceptor(executor);
  acceptor.open(unix_stream(), ec);
  // Before the file exists, so that there is no moment at which others may open it.
  if (!ec && ::fchmod(acceptor.native_handle(), kOwnerOnly) != 0) {
    ec.assign(errno, boost::system::system_category());
  }
  if (!ec) acceptor.bind(unix_stream::endpoint(path), ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return fail(connection_error("listen on " + path, ec));
  return std::make_unique<UnixListener>(std::move(acceptor), path);
}

}  // namespace longshore::net
