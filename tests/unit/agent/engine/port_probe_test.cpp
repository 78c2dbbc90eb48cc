#include "agent/engine/port_probe.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <optional>

namespace longshore::engine {
namespace {

/// Holds a port of loopback, of one family and type, for as long as it lives; 0: the kernel picks
/// it.
class Listener {
 public:
  Listener(int family, int type, std::uint16_t wanted = 0) : fd_(socket(family, type, 0)) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    v6.sin6_port = htons(wanted);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4.sin_port = htons(wanted);
    auto* address =
        family == AF_INET ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
    socklen_t size = family == AF_INET ? sizeof v4 : sizeof v6;
    if (fd_ < 0 || bind(fd_, address, size) != 0) return;
    if (type == SOCK_STREAM) REQUIRE(listen(fd_, 1) == 0);
    REQUIRE(getsockname(fd_, address, &size) == 0);
    port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  std::optional<std::uint16_t> port{};  ///< nullopt: this host has no such address.

 private:
  int fd_;
};

/// One that nobody uses, below those that the kernel hands out: whoever else runs on this host
/// takes none of them by chance.
std::uint16_t unused_port() {
  for (std::uint16_t port = 20'000; port < 30'000; ++port) {
    if (is_port_free(port, false) && is_port_free(port, true)) return port;
  }
  return 0;
}

}  // namespace

TEST_CASE("a port that someone listens on is not free, for its protocol alone", "[unit][engine]") {
  const bool udp = GENERATE(false, true);
  const std::uint16_t port = unused_port();
  REQUIRE(port > 0);
  std::optional<Listener> taken(std::in_place, AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, port);
  REQUIRE(taken->port == port);
  CHECK_FALSE(is_port_free(port, udp));
  CHECK(is_port_free(port, !udp));
  taken.reset();
  CHECK(is_port_free(port, udp));
}

TEST_CASE("a port that is taken in IPv6 alone is not free either", "[unit][engine]") {
  const bool udp = GENERATE(false, true);
  const Listener taken(AF_INET6, udp ? SOCK_DGRAM : SOCK_STREAM);
  // A host without IPv6 has nobody to listen there.
  if (taken.port) CHECK_FALSE(is_port_free(*taken.port, udp));
}

}  // namespace longshore::engine
