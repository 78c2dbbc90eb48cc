#include "agent/engine/port_probe.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace longshore::engine {
namespace {

/// Closes a descriptor at the end of its life.
class Socket {
 public:
  Socket(int family, bool udp)
      : fd_(socket(family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

bool is_free_v4(std::uint16_t port, bool udp) {
  const Socket probe(AF_INET, udp);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  return probe.fd() >= 0 &&
         bind(probe.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Only "in use" speaks against the port: a host without IPv6 has nobody there either.
bool is_free_v6(std::uint16_t port, bool udp) {
  const Socket probe(AF_INET6, udp);
  const int only_v6 = 1;
  if (probe.fd() < 0 ||
      setsockopt(probe.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) != 0) {
    return true;
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_any;
  return bind(probe.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno != EADDRINUSE;
}

}  // namespace

bool is_port_free(std::uint16_t port, bool udp) {
  return is_free_v4(port, udp) && is_free_v6(port, udp);
}

}  // namespace longshore::engine
