#define CATCH_CONFIG_RUNNER
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace {

bool accepts_connections(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof(address.sun_path)) return false;
  std::strcpy(address.sun_path, path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(fd);
  return connected;
}

}  // namespace

/// Integration tests need the private engine that the test runner starts.
int main(int argc, char* argv[]) {
  const char* socket = std::getenv("LONGSHORE_TEST_DOCKER_SOCKET");
  if (socket == nullptr || !accepts_connections(socket)) {
    std::cerr << "no Docker Engine answers at $LONGSHORE_TEST_DOCKER_SOCKET ("
              << (socket == nullptr ? "not set" : socket) << "); use tests/run\n";
    return EXIT_FAILURE;
  }
  return Catch::Session().run(argc, argv);
}
