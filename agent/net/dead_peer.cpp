#include "agent/net/dead_peer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace longshore::net {
namespace {

constexpr int kUnreachableMs = 6'000;
constexpr int kIdleSeconds = 4;
constexpr int kProbeSeconds = 1;

}  // namespace

void end_when_unreachable(int socket) {
  const auto set = [socket](int level, int option, int value) {
    // Without it the connection still works, and ends later.
    static_cast<void>(::setsockopt(socket, level, option, &value, sizeof value));
  };
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnreachableMs);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
}

}  // namespace longshore::net
