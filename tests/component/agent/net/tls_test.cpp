#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

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

struct Fixture {
  explicit Fixture(const std::string& subject = "DNS:localhost,IP:127.0.0.1") {
    write_certificate(certificate, key, subject);
    server =
        HttpServer::listen(
            io.get_executor(), {.tls_certificate_file = certificate, .tls_key_file = key},
            {.request = [](ServerRequest r) -> asio::awaitable<HttpResponse> {
               co_return HttpResponse{.status = 200, .body = "secure " + r.target};
             },
             .check_upgrade = [](const ServerRequest&) { return std::nullopt; },
             .websocket = [](ServerRequest, std::unique_ptr<Websocket> s) -> asio::awaitable<void> {
               while (auto message = co_await s->read(10s)) {
                 if (!co_await s->write(std::move(*message), 10s)) co_return;
               }
             }})
            .value();
  }

  std::string at(const std::string& scheme, const std::string& host) const {
    return scheme + "://" + host + ":" + std::to_string(server->port()) + "/x";
  }
  WebsocketTarget websocket(const std::string& host) const {
    return {.url = at("wss", host), .ca_file = certificate};
  }
  HttpsAnswer get(HttpRequest request) { return run(io, client.call(std::move(request))); }

  TemporaryFolder folder;
  std::string certificate = folder.file("certificate.pem");
  std::string key = folder.file("key.pem");
  asio::io_context io;
  std::unique_ptr<HttpServer> server;
  Lane lane{1};
  HttpsClient client{lane};
};

}  // namespace

TEST_CASE(
    "a websocket over TLS talks to a host whose certificate it can verify, by name or address",
    "[component][net]") {
  Fixture f;
  const std::string host = GENERATE(as<std::string>{}, "localhost", "127.0.0.1");
  auto socket = run(f.io, connect_websocket(f.websocket(host)));
  if (!socket) FAIL(socket.error().error.message);
  const std::string text(200'000, 't');
  REQUIRE(run(f.io, (*socket)->write(text, 5s)));
  CHECK(run(f.io, (*socket)->read(5s)).value() == text);
  run(f.io, (*socket)->close(1000, ""));
}

TEST_CASE("a certificate for another host is refused", "[component][net]") {
  Fixture f("DNS:other.example");
  const std::string host = GENERATE(as<std::string>{}, "localhost", "127.0.0.1");
  const auto refused = run(f.io, connect_websocket(f.websocket(host)));
  REQUIRE(!refused);
  CHECK(refused.error().error.code == ErrorCode::PermissionDenied);
  CHECK(refused.error().error.message.find("mismatch") != std::string::npos);
}

TEST_CASE("a certificate nobody vouches for is refused", "[component][net]") {
  Fixture f;
  auto target = f.websocket("localhost");
  target.ca_file.clear();
  const auto refused = run(f.io, connect_websocket(target));
  REQUIRE(!refused);
  CHECK(refused.error().error.code == ErrorCode::PermissionDenied);
  CHECK(refused.error().error.message.find("self-signed certificate") != std::string::npos);
  SECTION("unless verification is off") {
    target.verify_tls = false;
    CHECK(run(f.io, connect_websocket(target)));
  }
  SECTION("or the environment names it as trusted") {
    const EnvironmentVariable trusted("SSL_CERT_FILE", f.certificate);
    CHECK(run(f.io, connect_websocket(target)));
  }
}

TEST_CASE("a CA file that is none is InvalidInput", "[component][net]") {
  Fixture f;
  auto target = f.websocket("localhost");
  target.ca_file = "/nonexistent.pem";
  const auto refused = run(f.io, connect_websocket(target));
  REQUIRE(!refused);
  CHECK(refused.error().error.code == ErrorCode::InvalidInput);
}

TEST_CASE("a server that does not speak TLS, or stays silent, ends the attempt",
          "[component][net]") {
  const bool silent = GENERATE(false, true);
  asio::io_context io;
  TcpPeer peer(io, any_loopback_port(), [&](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    if (silent) co_await stay_silent();
    co_await c.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto failure = run(
      io,
      connect_websocket({.url = "wss://127.0.0.1:" + std::to_string(peer.endpoint().port()) + "/",
                         .handshake_timeout = silent ? 50ms : 10'000ms}));
  REQUIRE(!failure);
  CHECK(failure.error().error.code == (silent ? ErrorCode::Timeout : ErrorCode::Unavailable));
}

TEST_CASE("a peer that closes TCP after its close frame, without TLS's own, reports the code",
          "[component][net]") {
  Fixture f;
  auto socket = run(f.io, connect_websocket(f.websocket("localhost"))).value();
  f.server.reset();
  CHECK(!run(f.io, socket->read(5s)));
  REQUIRE(socket->closed());
  CHECK(socket->closed()->code == 1006);
}

TEST_CASE("an HTTPS call verifies the host like the websocket does", "[component][net]") {
  Fixture f;
  SECTION("trusted by the environment") {
    const EnvironmentVariable trusted("SSL_CERT_FILE", f.certificate);
    const auto answer = f.get({.url = f.at("https", "localhost")});
    if (!answer) FAIL(answer.error().error.message);
    CHECK(answer->body == "secure /x");
  }
  SECTION("trusted by nobody") {
    const auto refused = f.get({.url = f.at("https", "localhost")});
    REQUIRE(!refused);
    CHECK(refused.error().error.code == ErrorCode::Unavailable);
    CHECK_FALSE(refused.error().unreachable);
  }
  SECTION("not asked to verify") {
    const auto answer = f.get({.url = f.at("https", "localhost"), .verify_tls = false});
    CHECK(answer.value().body == "secure /x");
  }
}

TEST_CASE("an HTTPS call refuses a certificate for another host", "[component][net]") {
  Fixture f("DNS:other.example");
  const EnvironmentVariable trusted("SSL_CERT_FILE", f.certificate);
  const auto refused = f.get({.url = f.at("https", "localhost")});
  REQUIRE(!refused);
  CHECK(refused.error().error.message.find("certificate subject name") != std::string::npos);
}
