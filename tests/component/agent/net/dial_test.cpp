#include "agent/net/dial.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

int option(int socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  REQUIRE(::getsockopt(socket, level, name, &value, &size) == 0);
  return value;
}

}  // namespace

TEST_CASE("the kernel ends a dialled connection whose peer is gone after six seconds",
          "[component][net]") {
  asio::io_context io;
  TcpPeer peer(io, any_loopback_port(), [](TcpPeer::Connection&, int) { return stay_silent(); });
  const auto transport = run(io, net::dial("127.0.0.1", peer.endpoint().port(), 5s));
  REQUIRE(transport);
  const int socket = (*transport)->descriptor();
  CHECK(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 6'000);
  // So that a probe is unanswered by then.
  CHECK(option(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 4);
  CHECK(option(socket, IPPROTO_TCP, TCP_KEEPINTVL) == 1);
}

TEST_CASE("a name is looked up, and by several at once", "[component][net]") {
  asio::io_context io;
  TcpPeer peer(io, any_loopback_port(), [](TcpPeer::Connection&, int) { return stay_silent(); });
  int connected = 0;
  const auto reach = [](std::uint16_t port, int* count) -> asio::awaitable<void> {
    if (co_await net::dial("localhost", port, 5s)) ++*count;
  };
  for (int i = 0; i < 3; ++i) {
    spawn(io.get_executor(), "dial", reach(peer.endpoint().port(), &connected));
  }
  CHECK(run_until(io, [&] { return connected == 3; }));
}

TEST_CASE("who is out of time does not wait for a look-up, and leaves it to others",
          "[component][net]") {
  asio::io_context io;
  TcpPeer peer(io, any_loopback_port(), [](TcpPeer::Connection&, int) { return stay_silent(); });
  const auto late = run(io, net::dial("localhost", peer.endpoint().port(), 0ms));
  REQUIRE(!late);
  CHECK(late.error().code == ErrorCode::Timeout);
  CHECK(run(io, net::dial("localhost", peer.endpoint().port(), 5s)));
}
