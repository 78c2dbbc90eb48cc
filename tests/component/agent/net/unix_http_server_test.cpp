#include <poll.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "agent/net/http_server.hpp"
#include "agent/net/unix_http_client.hpp"
#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using UnixSocket = asio::local::stream_protocol::socket;
using UnixAcceptor = asio::local::stream_protocol::acceptor;

namespace {

asio::awaitable<HttpResponse> echo(ServerRequest request) {
  co_return HttpResponse{.status = 200, .body = request.target + " " + request.peer_address};
}

struct Fixture {
  Result<std::unique_ptr<HttpServer>> listen(HttpServerSettings settings = {},
                                             HttpHandlers handlers = {.request = echo}) {
    if (settings.unix_socket.empty()) settings.unix_socket = path;
    return HttpServer::listen(io.get_executor(), std::move(settings), std::move(handlers));
  }
  Result<HttpResponse> call(const std::string& target) {
    UnixHttpClient client(path);
    return run(io, client.call({.url = target, .timeout = 5s}));
  }

  TemporaryFolder folder;
  asio::io_context io;
  std::string path = folder.file("agent.sock");
};

}  // namespace

TEST_CASE("a server on a unix socket answers, and only its user may ask", "[component][net]") {
  Fixture f;
  auto server = f.listen();
  REQUIRE(server);
  struct stat found{};
  REQUIRE(::stat(f.path.c_str(), &found) == 0);
  CHECK(S_ISSOCK(found.st_mode));
  CHECK((found.st_mode & 0777U) == 0600U);
  CHECK((*server)->port() == 0);
  const auto response = f.call("/a");
  REQUIRE(response);
  CHECK(response->body == "/a unix");
}

TEST_CASE("the socket's file goes with its server", "[component][net]") {
  Fixture f;
  auto server = f.listen();
  REQUIRE(server);
  server->reset();
  CHECK_FALSE(std::filesystem::exists(f.path));
  const auto response = f.call("/");
  REQUIRE_FALSE(response);
  CHECK(response.error().code == ErrorCode::Unavailable);
}

TEST_CASE("a socket that a killed process left behind is replaced", "[component][net]") {
  Fixture f;
  {
    const UnixAcceptor left_behind(f.io, f.path);
  }
  REQUIRE(std::filesystem::exists(f.path));
  const auto server = f.listen();
  REQUIRE(server);
  CHECK(f.call("/")->status == 200);
}

TEST_CASE("a socket that somebody listens on is left alone", "[component][net]") {
  Fixture f;
  SECTION("one who accepts") {
    const auto first = f.listen();
    REQUIRE(first);
    const auto second = f.listen();
    REQUIRE_FALSE(second);
    CHECK(second.error() ==
          Error{ErrorCode::Conflict, "listen on " + f.path + ": another process listens there"});
    CHECK(f.call("/")->status == 200);
  }
  SECTION("one who is too busy to accept") {
    UnixAcceptor busy(f.io, f.path);
    busy.listen(0);
    std::vector<UnixSocket> queued;
    for (int i = 0; i < 2; ++i) {
      UnixSocket& one = queued.emplace_back(f.io);
      one.open();
      one.non_blocking(true);
      boost::system::error_code full;
      one.connect(f.path, full);
    }
    const auto server = f.listen();
    REQUIRE_FALSE(server);
    CHECK(server.error().code == ErrorCode::Conflict);
    CHECK(std::filesystem::exists(f.path));
  }
}

TEST_CASE("what is no socket is never removed", "[component][net]") {
  Fixture f;
  std::ofstream(f.path) << "precious";
  const auto server = f.listen();
  REQUIRE_FALSE(server);
  CHECK(server.error() ==
        Error{ErrorCode::Conflict, "listen on " + f.path + ": a file that is no socket is there"});
  CHECK(std::filesystem::is_regular_file(f.path));
}

TEST_CASE("a place where no socket can be is told", "[component][net]") {
  Fixture f;
  const auto refused = [&](const HttpServerSettings& settings) {
    const auto server = f.listen(settings);
    REQUIRE_FALSE(server);
    return server.error();
  };
  CHECK(refused({.unix_socket = f.folder.file("none/agent.sock")}).code == ErrorCode::Unavailable);
  const Error too_long = refused({.unix_socket = "/" + std::string(107, 'x')});
  CHECK(too_long.code == ErrorCode::InvalidInput);
  CHECK(too_long.message.ends_with("expected a path of 1 to 107 bytes"));
  CHECK(refused({.unix_socket = f.path, .tls_certificate_file = "c", .tls_key_file = "k"}) ==
        Error{ErrorCode::InvalidInput, "listen on " + f.path + ": no TLS on a unix socket"});
}

TEST_CASE("a client of a unix socket that does not read holds up nobody", "[component][net]") {
  Fixture f;
  HttpHandlers large{.request = [](ServerRequest) -> asio::awaitable<HttpResponse> {
    co_return HttpResponse{.status = 200, .body = std::string(4U << 20U, 'x')};
  }};
  const auto server = f.listen({.max_connections = 2, .request_timeout = 200ms}, large);
  REQUIRE(server);
  UnixSocket deaf(f.io);
  deaf.connect(f.path);
  asio::write(deaf, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: x\r\n\r\n")));
  const auto response = f.call("/");
  REQUIRE(response);
  CHECK(response->body.size() == 4U << 20U);
  // It is cut off, and what is left for it ends too soon.
  CHECK(run_until(f.io, [&] {
    pollfd hung_up{.fd = deaf.native_handle(), .events = 0, .revents = 0};
    return ::poll(&hung_up, 1, 0) == 1 && (hung_up.revents & POLLHUP) != 0;
  }));
  std::string rest;
  boost::system::error_code ec;
  asio::read(deaf, asio::dynamic_buffer(rest), ec);
  CHECK(rest.size() < 4U << 20U);
}
