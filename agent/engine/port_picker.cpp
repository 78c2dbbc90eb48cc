#include "agent/engine/port_picker.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

namespace longshore::engine {
namespace {

bool is_free(std::uint16_t port, bool udp) {
  const int fd = socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return bound;
}

}  // namespace

HostPortRange kernel_port_range() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  HostPortRange range;
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  if (file >> first >> last && first > 0 && first <= last) range = {first, last};
  return range;
}

Result<std::uint16_t> PortPicker::pick(const std::string& protocol) {
  const std::uint32_t size = range_.last - range_.first + 1U;
  for (std::uint32_t tries = 0; tries < size; ++tries) {
    const auto port = static_cast<std::uint16_t>(range_.first + used_++ % size);
    if (is_free(port, protocol == "udp")) return port;
  }
  return fail(ErrorCode::Unavailable,
              "error retrieving docker port map: no free {} port from {} to {}", protocol,
              range_.first, range_.last);
}

}  // namespace longshore::engine
