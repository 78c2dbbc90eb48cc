#include "agent/net/http_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Says what it was asked.
asio::awaitable<HttpResponse> echo(ServerRequest request) {
  co_return HttpResponse{.status = 200,
                         .headers = {{"Content-Type", "text/plain"}},
                         .body = request.method + " " + request.target + " " +
                                 request.peer_address + "\n" + request.body};
}

struct Fixture {
  explicit Fixture(HttpServerSettings settings = {}, HttpHandlers handlers = {.request = echo})
      : server(HttpServer::listen(io.get_executor(), settings, std::move(handlers)).value()) {}

  /// Sends bytes on a new connection and returns all that comes back until the server closes.
  std::string exchange(std::string bytes) {
    return run(io, [](std::uint16_t port, std::string text) -> asio::awaitable<std::string> {
      const auto connection = co_await dial(port);
      co_await connection->write(text);
      co_return co_await connection->read_to_end();
    }(server->port(), std::move(bytes)));
  }

  asio::io_context io;
  std::unique_ptr<HttpServer> server;
};

std::string get(const std::string& target, const std::string& more = "Connection: close\r\n") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

}  // namespace

TEST_CASE("a request reaches the handler with method, target, body and peer", "[component][net]") {
  Fixture f;
  CHECK(f.exchange("POST /a?b=%20c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   "Content-Length: 4\r\n\r\nbody") ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 29\r\n"
        "Connection: close\r\n\r\nPOST /a?b=%20c 127.0.0.1\nbody");
}

TEST_CASE("a connection serves request after request, pipelined or byte by byte",
          "[component][net]") {
  Fixture f;
  const std::string three = get("/1", "") + get("/2", "") + get("/3");
  const bool slowly = GENERATE(false, true);
  const std::string answers = run(
      f.io, [](std::uint16_t port, std::string text, bool drip) -> asio::awaitable<std::string> {
        const auto connection = co_await dial(port);
        co_await (drip ? connection->drip(text) : connection->write(text));
        co_return co_await connection->read_to_end();
      }(f.server->port(), three, slowly));
  const auto first = answers.find("GET /1 ");
  const auto second = answers.find("GET /2 ");
  const auto third = answers.find("GET /3 ");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("HTTP/1.0 is answered and closed", "[component][net]") {
  Fixture f;
  const std::string answer = f.exchange("GET /old HTTP/1.0\r\n\r\n");
  CHECK(answer.find("GET /old") != std::string::npos);
  CHECK(answer.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("HEAD gets the length but no body", "[component][net]") {
  Fixture f;
  const std::string answer = f.exchange("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(answer.find("Content-Length: 18\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a client that expects 100-continue gets it before it sends its body",
          "[component][net]") {
  Fixture f;
  const auto answers = run(f.io, [](std::uint16_t port) -> asio::awaitable<std::string> {
    const auto connection = co_await dial(port);
    co_await connection->write(
        "PUT /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\n\r\n");
    const std::string interim = co_await connection->read_until("\r\n\r\n");
    co_await connection->write("ok");
    co_return interim + co_await connection->read_to_end();
  }(f.server->port()));
  CHECK(answers.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(answers.ends_with("ok"));
}

TEST_CASE("chunked request bodies are put together", "[component][net]") {
  Fixture f;
  CHECK(f.exchange("POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
            .ends_with("\nabc"));
}

TEST_CASE("what is no HTTP gets 400 in plain text and the next connection is served",
          "[component][net]") {
  Fixture f;
  const std::string broken =
      GENERATE(as<std::string>{}, "\x16\x03\x01 this is TLS\r\n\r\n", "GET\r\n\r\n",
               "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
               "GET / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab");
  const std::string answer = f.exchange(broken);
  CHECK(answer.starts_with("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain"));
  CHECK(f.exchange(get("/")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a body over the limit gets 413 and the client sees it though it is still sending",
          "[component][net]") {
  Fixture f({.max_body_bytes = 1000});
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  CHECK(f.exchange(head + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'a'))
            .starts_with("HTTP/1.1 200"));
  CHECK(f.exchange(head + "Content-Length: 300000\r\n\r\n" + std::string(300'000, 'a'))
            .starts_with("HTTP/1.1 413"));
  CHECK(f.exchange(head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'a') +
                   "\r\n0\r\n\r\n")
            .starts_with("HTTP/1.1 413"));
}

TEST_CASE("headers over the limit get 431", "[component][net]") {
  Fixture f;
  CHECK(
      f.exchange(get("/", "A: " + std::string(20'000, 'a') + "\r\n")).starts_with("HTTP/1.1 431"));
}

TEST_CASE("a request that stops half-way and an idle connection are closed in time",
          "[component][net]") {
  Fixture f({.request_timeout = 40ms});
  CHECK(f.exchange("").empty());
  CHECK(f.exchange("GET / HT").empty());
  CHECK(f.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab").empty());
}

TEST_CASE("a client that never reads its answer is dropped", "[component][net]") {
  int served = 0;
  Fixture f({.request_timeout = 50ms},
            {.request = [&](ServerRequest) -> asio::awaitable<HttpResponse> {
              ++served;
              co_return HttpResponse{.status = 200, .body = std::string(32U << 20U, 'x')};
            }});
  const bool closed = run(f.io, [](std::uint16_t port) -> asio::awaitable<bool> {
    const auto connection = co_await dial(port);
    co_await connection->write(get("/"));
    asio::steady_timer timer(co_await asio::this_coro::executor, 200ms);
    co_await timer.async_wait(asio::use_awaitable);
    co_return (co_await connection->read_to_end()).size() < 32U << 20U;
  }(f.server->port()));
  CHECK(served == 1);
  CHECK(closed);
}

TEST_CASE("connections beyond the limit get 503 and room comes back", "[component][net]") {
  Fixture f({.max_connections = 2});
  run(f.io, [](std::uint16_t port) -> asio::awaitable<void> {
    auto first = co_await dial(port);
    auto second = co_await dial(port);
    co_await first->write(get("/1", ""));
    co_await second->write(get("/2", ""));
    CHECK((co_await first->read_until("127.0.0.1\n")).starts_with("HTTP/1.1 200"));
    CHECK((co_await second->read_until("127.0.0.1\n")).starts_with("HTTP/1.1 200"));
    const auto third = co_await dial(port);
    co_await third->write(get("/3"));
    CHECK((co_await third->read_to_end()).starts_with("HTTP/1.1 503 Service Unavailable"));
    co_await first->write(get("/1"));
    CHECK((co_await first->read_to_end()).starts_with("HTTP/1.1 200"));
    first.reset();
    // The server notices the end of the first one in its own time, soon.
    for (int attempt = 0; attempt < 100; ++attempt) {
      const auto fourth = co_await dial(port);
      co_await fourth->write(get("/4"));
      if ((co_await fourth->read_to_end()).starts_with("HTTP/1.1 200")) co_return;
    }
    FAIL("no room came back");
  }(f.server->port()));
}

TEST_CASE("an answer that may have no body has none, whatever the handler says",
          "[component][net]") {
  Fixture f({}, {.request = [](ServerRequest) -> asio::awaitable<HttpResponse> {
              co_return HttpResponse{.status = 204, .body = "surplus"};
            }});
  CHECK(f.exchange(get("/")) == "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a check_upgrade that throws becomes 500", "[component][net]") {
  Fixture f({},
            {.check_upgrade = [](const ServerRequest&) -> std::optional<HttpResponse> {
               throw std::runtime_error("internal detail");
             },
             .websocket = [](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> {
               co_return;
             }});
  const std::string upgrade =
      "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  CHECK(f.exchange(get("/", upgrade)).starts_with("HTTP/1.1 500"));
}

TEST_CASE("a handler that throws becomes 500 without its reason, and serving goes on",
          "[component][net]") {
  Fixture f({}, {.request = [](ServerRequest) -> asio::awaitable<HttpResponse> {
              throw std::runtime_error("internal detail");
              co_return HttpResponse{};
            }});
  const std::string answer = f.exchange(get("/"));
  CHECK(answer.starts_with("HTTP/1.1 500"));
  CHECK(answer.find("detail") == std::string::npos);
  CHECK(f.exchange(get("/")).starts_with("HTTP/1.1 500"));
}

TEST_CASE("a handler's headers cannot break the answer apart", "[component][net]") {
  Fixture f({}, {.request = [](ServerRequest) -> asio::awaitable<HttpResponse> {
              co_return HttpResponse{.status = 200,
                                     .headers = {{"X", "a\r\nY: b"},
                                                 {"Content-Length", "999"},
                                                 {"Transfer-Encoding", "chunked"}},
                                     .body = "ok"};
            }});
  CHECK(f.exchange(get("/")) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

TEST_CASE("the end of the server cuts open connections and waiting handlers", "[component][net]") {
  bool cancelled = false;
  bool entered = false;
  Fixture f({}, {.request = [&](ServerRequest) -> asio::awaitable<HttpResponse> {
              struct Note {
                bool& flag;
                ~Note() { flag = true; }
              };
              const Note note{cancelled};
              entered = true;
              co_await stay_silent();
              co_return HttpResponse{};
            }});
  const std::uint16_t port = f.server->port();
  const std::string answer =
      run(f.io, [](Fixture* fixture, bool* in_handler) -> asio::awaitable<std::string> {
        const auto busy = co_await dial(fixture->server->port());
        const auto idle = co_await dial(fixture->server->port());
        co_await busy->write(get("/"));
        asio::steady_timer turn(co_await asio::this_coro::executor);
        while (!*in_handler) {
          turn.expires_after(1ms);
          co_await turn.async_wait(asio::use_awaitable);
        }
        fixture->server.reset();
        co_return co_await busy->read_to_end() + co_await idle->read_to_end();
      }(&f, &entered));
  CHECK(answer.empty());
  CHECK(run_until(f.io, [&] { return cancelled; }));
  CHECK_THROWS(run(f.io, dial(port)));
}

TEST_CASE("a client that resets its connection disturbs nobody", "[component][net]") {
  Fixture f;
  run(f.io, [](std::uint16_t port) -> asio::awaitable<void> {
    const auto rude = co_await dial(port);
    co_await rude->write("GET / HTTP/1.1\r\nContent-Le");
    rude->reset();
    const auto polite = co_await dial(port);
    co_await polite->write(get("/"));
    CHECK((co_await polite->read_to_end()).starts_with("HTTP/1.1 200"));
  }(f.server->port()));
}

TEST_CASE("listening twice on one port is a Conflict, on a name InvalidInput", "[component][net]") {
  Fixture f;
  const auto again = HttpServer::listen(f.io.get_executor(), {.port = f.server->port()}, {});
  REQUIRE(!again);
  CHECK(again.error().code == ErrorCode::Conflict);
  const auto named = HttpServer::listen(f.io.get_executor(), {.address = "localhost"}, {});
  REQUIRE(!named);
  CHECK(named.error().code == ErrorCode::InvalidInput);
  CHECK(named.error().message == "listen on localhost:0: expected an IP address");
  const auto half = HttpServer::listen(f.io.get_executor(), {.tls_key_file = "/k.pem"}, {});
  REQUIRE(!half);
  CHECK(half.error().code == ErrorCode::InvalidInput);
  const auto missing = HttpServer::listen(
      f.io.get_executor(), {.tls_certificate_file = "/no/c.pem", .tls_key_file = "/no/k.pem"}, {});
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::InvalidInput);
  CHECK(missing.error().message.find("/no/c.pem") != std::string::npos);
}

TEST_CASE("a port of one's choice is taken again at once after the server ended",
          "[component][net]") {
  Fixture f;
  const std::uint16_t port = f.server->port();
  CHECK(f.exchange(get("/")).starts_with("HTTP/1.1 200"));
  f.server.reset();
  CHECK(HttpServer::listen(f.io.get_executor(), {.port = port}, {}));
}
