// Websockets and HTTPS calls through proxies made here. Targets are names that only a proxy could
// resolve, so that a connection past the proxy fails.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "agent/base/lane.hpp"
#include "agent/net/http_server.hpp"
#include "agent/net/https_client.hpp"
#include "agent/net/websocket.hpp"
#include "tests/component/agent/net/certificates.hpp"
#include "tests/component/agent/net/environment.hpp"
#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr auto kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

/// A target behind a proxy that runs a script and then passes bytes on to the target.
struct Fixture {
  using Script = std::function<asio::awaitable<bool>(TcpPeer::Connection&)>;

  explicit Fixture(Script script, HttpServerSettings settings = {})
      : server(HttpServer::listen(
                   io.get_executor(), settings,
                   {.request = [](ServerRequest r) -> asio::awaitable<HttpResponse> {
                      co_return HttpResponse{.status = 200, .body = "behind " + r.target};
                    },
                    .check_upgrade = [](const ServerRequest&) { return std::nullopt; },
                    .websocket = [](ServerRequest,
                                    std::unique_ptr<Websocket> s) -> asio::awaitable<void> {
                      co_await s->write("behind", 5s);
                      co_await s->read(5s);
                    }})
                   .value()),
        proxy(
            io, any_loopback_port(),
            [this, ask = std::move(script)](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
              if (co_await ask(c)) co_await pass_on(c, server->port());
            }) {}

  static asio::awaitable<void> pump(asio::ip::tcp::socket& from, asio::ip::tcp::socket& to) {
    std::array<char, 4096> bytes;
    while (true) {
      const auto [ec, size] =
          co_await from.async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
      if (ec) break;
      co_await asio::async_write(to, asio::buffer(bytes, size),
                                 asio::as_tuple(asio::use_awaitable));
    }
    boost::system::error_code ignored;
    to.shutdown(asio::socket_base::shutdown_send, ignored);
  }
  static asio::awaitable<void> pass_on(TcpPeer::Connection& c, std::uint16_t port) {
    using namespace asio::experimental::awaitable_operators;
    const auto target = co_await dial(port);
    co_await (pump(c.socket(), target->socket()) && pump(target->socket(), c.socket()));
  }
  std::string proxy_url(const std::string& scheme, const std::string& user = "") const {
    return scheme + "://" + user + "127.0.0.1:" + std::to_string(proxy.endpoint().port());
  }
  auto connect(const std::string& url = "ws://far.example:81/ws") {
    return run(io, connect_websocket({.url = url, .connect_timeout = 2s}));
  }

  asio::io_context io;
  std::unique_ptr<HttpServer> server;
  TcpPeer proxy;
  Lane lane{1};
  HttpsClient client{lane};
};

}  // namespace

TEST_CASE("a websocket goes through CONNECT with the credentials of the proxy's URL",
          "[component][net]") {
  std::string request;
  Fixture f([&](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    request = co_await c.read_until("\r\n\r\n");
    co_await c.write(kEstablished);
    co_return true;
  });
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("http", "user:p%40ss@"));
  auto socket = f.connect();
  if (!socket) FAIL(socket.error().error.message);
  CHECK(run(f.io, (*socket)->read(5s)).value() == "behind");
  CHECK(request ==
        "CONNECT far.example:81 HTTP/1.1\r\nHost: far.example:81\r\n"
        "Proxy-Authorization: Basic dXNlcjpwQHNz\r\n\r\n");
}

TEST_CASE("a proxy's refusal is told apart from its failure", "[component][net]") {
  const auto [answer, code, text] = GENERATE(table<std::string, ErrorCode, std::string>(
      {{"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        ErrorCode::PermissionDenied, "CONNECT refused with HTTP 407"},
       {"HTTP/1.1 403 Forbidden\r\n\r\n<html>no</html>", ErrorCode::PermissionDenied,
        "CONNECT refused with HTTP 403"},
       {"HTTP/1.1 502 Bad Gateway\r\n\r\n", ErrorCode::Unavailable,
        "CONNECT refused with HTTP 502"},
       {"SSH-2.0-OpenSSH_9.2\r\n\r\n", ErrorCode::InvalidInput,
        "CONNECT: not the answer of an HTTP proxy"},
       {"HTTP/1.1 200 " + std::string(20'000, 'x'), ErrorCode::InvalidInput,
        "CONNECT: not the answer of an HTTP proxy"},
       {"", ErrorCode::Unavailable, "CONNECT: End of file"}}));
  Fixture f([a = answer](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(a);
    co_return false;
  });
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("http", "user:secret@"));
  const auto failure = f.connect();
  REQUIRE(!failure);
  CHECK(failure.error().error.code == code);
  CHECK(failure.error().unreachable == (code != ErrorCode::InvalidInput));
  CHECK(failure.error().error.message ==
        "connect to ws://far.example:81/ws: proxy " + f.proxy_url("").substr(3) + ": " + text);
}

TEST_CASE("an HTTPS call that ends at its proxy has not reached the service", "[component][net]") {
  const auto [scheme, answer] =
      GENERATE(table<std::string, std::string>({{"http", "HTTP/1.1 403 Forbidden\r\n\r\n"},
                                                {"http", ""},
                                                {"http", "(silence)"},
                                                {"socks5", "\x05\xff"},
                                                {"socks5", ""},
                                                {"socks5", "(silence)"}}));
  CAPTURE(scheme, answer);
  Fixture f([a = answer](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    co_await c.read_exactly(3);
    if (a == "(silence)") co_await stay_silent();
    co_await c.write(a);
    co_return false;
  });
  const EnvironmentVariable proxy("HTTPS_PROXY", f.proxy_url(scheme));
  const auto call = run(f.io, f.client.call({.url = "https://far.example/", .timeout = 300ms}));
  REQUIRE(!call);
  CHECK(call.error().unreachable);
}

TEST_CASE("an HTTPS call that ends behind its proxy's tunnel has reached the service",
          "[component][net]") {
  Fixture f([](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(kEstablished);
    co_return false;
  });
  const EnvironmentVariable proxy("HTTPS_PROXY", f.proxy_url("http"));
  const auto call = run(f.io, f.client.call({.url = "https://far.example/"}));
  REQUIRE(!call);
  CHECK_FALSE(call.error().unreachable);
}

TEST_CASE("a proxy that never answers ends in Timeout", "[component][net]") {
  Fixture f([](TcpPeer::Connection&) -> asio::awaitable<bool> {
    co_await stay_silent();
    co_return false;
  });
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("http"));
  const auto failure =
      run(f.io, connect_websocket({.url = "ws://far.example/", .handshake_timeout = 50ms}));
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::Timeout);
}

TEST_CASE("TLS goes through the tunnel to the target, not to the proxy", "[component][net]") {
  TemporaryFolder folder;
  const std::string certificate = folder.file("c.pem");
  write_certificate(certificate, folder.file("k.pem"), "DNS:far.example");
  Fixture f(
      [](TcpPeer::Connection& c) -> asio::awaitable<bool> {
        co_await c.read_until("\r\n\r\n");
        co_await c.write(kEstablished);
        co_return true;
      },
      {.tls_certificate_file = certificate, .tls_key_file = folder.file("k.pem")});
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("http"));  // For want of HTTPS_PROXY.
  SECTION("websocket") {
    auto socket =
        run(f.io, connect_websocket({.url = "wss://far.example/ws", .ca_file = certificate}));
    if (!socket) FAIL(socket.error().error.message);
    CHECK(run(f.io, (*socket)->read(5s)).value() == "behind");
  }
  SECTION("HTTPS call") {
    const EnvironmentVariable trusted("SSL_CERT_FILE", certificate);
    const auto answer = run(f.io, f.client.call({.url = "https://far.example/y?z"}));
    if (!answer) FAIL(answer.error().error.message);
    CHECK(answer->body == "behind /y?z");
    CHECK(!find_header(answer->headers, "Proxy-Agent"));
  }
}

TEST_CASE("a websocket goes through SOCKS 5, with and without a password", "[component][net]") {
  const bool with_password = GENERATE(false, true);
  std::string asked;
  Fixture f([&](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    asked = co_await c.read_exactly(with_password ? 4 : 3);
    if (with_password) {
      co_await c.write(std::string("\x05\x02", 2));
      asked += co_await c.read_exactly(3 + 4 + 4);
      co_await c.write(std::string("\x01\x00", 2));
    } else {
      co_await c.write(std::string("\x05\x00", 2));
    }
    asked += co_await c.read_exactly(4 + 1 + 11 + 2);
    co_await c.write(std::string("\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34", 10));
    co_return true;
  });
  const EnvironmentVariable proxy("HTTP_PROXY",
                                  f.proxy_url("socks5", with_password ? "user:pass@" : ""));
  auto socket = f.connect();
  if (!socket) FAIL(socket.error().error.message);
  CHECK(run(f.io, (*socket)->read(5s)).value() == "behind");
  const std::string greeting = with_password
                                   ? std::string("\x05\x02\x00\x02", 4) + "\x01\x04user\x04pass"
                                   : std::string("\x05\x01\x00", 3);
  CHECK(asked == greeting + std::string("\x05\x01\x00\x03\x0b", 5) + "far.example" +
                     std::string("\x00\x51", 2));
}

TEST_CASE("a SOCKS proxy's refusals are told apart", "[component][net]") {
  const auto [greeting, reply, code] = GENERATE(table<std::string, std::string, ErrorCode>(
      {{std::string("\x05\xff", 2), "", ErrorCode::PermissionDenied},
       {"HT", "", ErrorCode::InvalidInput},
       {std::string("\x05\x00", 2), std::string("\x05\x02\x00\x01\x00", 5),
        ErrorCode::PermissionDenied},
       {std::string("\x05\x00", 2), std::string("\x05\x05\x00\x01\x00", 5),
        ErrorCode::Unavailable}}));
  Fixture f([g = greeting, r = reply](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    co_await c.read_until(std::string("\x05\x01\x00", 3));
    co_await c.write(g);
    if (!r.empty()) {
      co_await c.read_until("far.example");
      co_await c.write(r);
    }
    co_return false;
  });
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("socks5"));
  const auto failure = f.connect();
  REQUIRE(!failure);
  CHECK(failure.error().error.code == code);
}

TEST_CASE("a plain HTTP call hands the whole URL to the proxy", "[component][net]") {
  std::string request;
  Fixture f([&](TcpPeer::Connection& c) -> asio::awaitable<bool> {
    request = co_await c.read_until("\r\n\r\n");
    co_await c.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    co_return false;
  });
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("http", "user:pass@"));
  CHECK(run(f.io, f.client.call({.url = "http://far.example/a?b"})).value().body == "hi");
  CHECK(request.starts_with("GET http://far.example/a?b HTTP/1.1\r\nHost: far.example\r\n"));
  CHECK(request.find("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n") != std::string::npos);
}

TEST_CASE("loopback targets go past the proxy", "[component][net]") {
  Fixture f([](TcpPeer::Connection&) -> asio::awaitable<bool> { co_return false; });
  const EnvironmentVariable proxy("HTTP_PROXY", f.proxy_url("http"));
  const std::string here = "127.0.0.1:" + std::to_string(f.server->port());
  CHECK(run(f.io, f.client.call({.url = "http://" + here + "/"})).value().body == "behind /");
  CHECK(f.connect("ws://" + here + "/"));
  CHECK(f.proxy.connections() == 0);
}

TEST_CASE("a proxy variable that is no proxy is InvalidInput and keeps its password to itself",
          "[component][net]") {
  asio::io_context io;
  Lane lane(1);
  HttpsClient client(lane);
  const EnvironmentVariable proxy("HTTP_PROXY", "ftp://user:secret@proxy.example");
  const auto answer = run(io, client.call({.url = "http://far.example/"}));
  REQUIRE(!answer);
  CHECK(answer.error().error.code == ErrorCode::InvalidInput);
  CHECK(answer.error().error.message ==
        "GET http://far.example/: HTTP_PROXY: scheme \"ftp\" is not known; expected http, https or "
        "socks5");
}
