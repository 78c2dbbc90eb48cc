#include "agent/engine/port_picker.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>

namespace longshore::engine {
namespace {

/// Listens on a port of its own for as long as it lives.
class Listener {
 public:
  explicit Listener(int type) : fd_(socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    REQUIRE(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    if (type == SOCK_STREAM) REQUIRE(listen(fd_, 1) == 0);
    socklen_t size = sizeof address;
    REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  std::uint16_t port = 0;

 private:
  int fd_;
};

}  // namespace

TEST_CASE("a port that someone listens on is not picked", "[unit][engine]") {
  const bool udp = GENERATE(false, true);
  const Listener taken(udp ? SOCK_DGRAM : SOCK_STREAM);
  PortPicker picker({taken.port, taken.port});
  const auto picked = picker.pick(udp ? "udp" : "tcp");
  REQUIRE_FALSE(picked);
  CHECK(picked.error().code == ErrorCode::Unavailable);
  CHECK_THAT(picked.error().message,
             Catch::Matchers::Contains("error retrieving docker port map: no free") &&
                 Catch::Matchers::Contains(std::to_string(taken.port)));
}

TEST_CASE("ports go round the range, so that one just left is not given again at once",
          "[unit][engine]") {
  PortPicker picker({61200, 61299});
  std::set<std::uint16_t> picked;
  for (int i = 0; i < 20; ++i) {
    const auto port = picker.pick("tcp");
    REQUIRE(port);
    CHECK(*port >= 61200);
    CHECK(*port <= 61299);
    picked.insert(*port);
  }
  CHECK(picked.size() == 20);
}

TEST_CASE("the kernel's range makes sense", "[unit][engine]") {
  const HostPortRange range = kernel_port_range();
  CHECK(range.first >= 1024);
  CHECK(range.first <= range.last);
}

}  // namespace longshore::engine
