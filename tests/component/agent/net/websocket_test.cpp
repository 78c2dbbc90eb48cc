#include "agent/net/websocket.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "agent/net/http_server.hpp"
#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using Serve = std::function<asio::awaitable<void>(ServerRequest, std::unique_ptr<Websocket>)>;

asio::awaitable<void> echo(ServerRequest, std::unique_ptr<Websocket> socket) {
  while (true) {
    auto message = co_await socket->read(10s);
    if (!message) co_return;
    if (!co_await socket->write(std::move(*message), 10s)) co_return;
  }
}

struct Fixture {
  explicit Fixture(Serve serve = echo, HttpServerSettings settings = {})
      : server(
            HttpServer::listen(io.get_executor(), settings,
                               {.check_upgrade = [](const ServerRequest&) { return std::nullopt; },
                                .websocket = std::move(serve)})
                .value()) {}

  WebsocketTarget target() const {
    return {.url = "ws://127.0.0.1:" + std::to_string(server->port()) + "/ws"};
  }
  std::unique_ptr<Websocket> connect() { return connect(target()); }
  std::unique_ptr<Websocket> connect(WebsocketTarget to) {
    auto socket = run(io, connect_websocket(std::move(to)));
    if (!socket) FAIL(socket.error().error.message);
    return std::move(*socket);
  }

  asio::io_context io;
  std::unique_ptr<HttpServer> server;
};

/// A peer that upgrades by hand and then runs a script: for what no proper server does.
struct RawFixture {
  using Script = std::function<asio::awaitable<void>(TcpPeer::Connection&)>;

  explicit RawFixture(Script script)
      : peer(io, any_loopback_port(),
             [this, run_script = std::move(script)](TcpPeer::Connection& c,
                                                    int) -> asio::awaitable<void> {
               request = co_await c.read_until("\r\n\r\n");
               co_await run_script(c);
             }) {}

  auto connect(WebsocketTarget target = {}) {
    if (target.url.empty()) target.url = url("/");
    return run(io, connect_websocket(std::move(target)));
  }
  std::string url(const std::string& rest) const {
    return "ws://127.0.0.1:" + std::to_string(peer.endpoint().port()) + rest;
  }

  asio::io_context io;
  std::string request{};
  TcpPeer peer;
};

asio::awaitable<void> refuse(TcpPeer::Connection& c) {
  co_await c.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
}

}  // namespace

TEST_CASE("messages of every size go there and back", "[component][net]") {
  Fixture f;
  const auto socket = f.connect();
  const std::size_t size =
      GENERATE(0U, 1U, 125U, 126U, 32767U, 32768U, 32769U, 65535U, 65536U, 5'000'000U);
  std::string text(size, 'm');
  if (size > 0) text.back() = '!';
  REQUIRE(run(f.io, socket->write(text, 5s)));
  CHECK(run(f.io, socket->read(5s)).value() == text);
}

TEST_CASE("the upgrade sends target and headers verbatim, no extensions and no subprotocol",
          "[component][net]") {
  RawFixture f(refuse);
  const std::string target = "/ws?agentHash=a%2Fb&clusterArn=x+y&seqNum=1";
  CHECK(!f.connect({.url = f.url(target), .headers = {{"X-Amz-Date", "20260101T000000Z"}}}));
  CHECK(f.request.starts_with("GET " + target + " HTTP/1.1\r\n"));
  CHECK(f.request.find("X-Amz-Date: 20260101T000000Z\r\n") != std::string::npos);
  CHECK(f.request.find("\r\nHost: 127.0.0.1:" + std::to_string(f.peer.endpoint().port()) +
                       "\r\n") != std::string::npos);
  CHECK(f.request.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
  CHECK(f.request.find("Extensions") == std::string::npos);
  CHECK(f.request.find("Protocol") == std::string::npos);
}

TEST_CASE("a Host header of the caller replaces ours", "[component][net]") {
  RawFixture f(refuse);
  CHECK(!f.connect({.url = f.url("/"), .headers = {{"Host", "ecs.example"}}}));
  CHECK(f.request.find("\r\nHost: ecs.example\r\n") != std::string::npos);
  CHECK(f.request.find("127.0.0.1") == std::string::npos);
}

TEST_CASE("a refused upgrade gives status and the first 1024 bytes of the body",
          "[component][net]") {
  const std::string body = R"({"InactiveInstanceException":"gone"})" + std::string(5000, ' ');
  RawFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write("HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
                     "\r\n\r\n" + body);
  });
  const auto failure = f.connect();
  REQUIRE(!failure);
  REQUIRE(failure.error().refused);
  CHECK(failure.error().refused->status == 400);
  CHECK(failure.error().refused->body == body.substr(0, 1024));
  CHECK(failure.error().error.code == ErrorCode::Unavailable);
  CHECK(failure.error().error.message ==
        "connect to " + f.url("/") + ": upgrade refused with HTTP 400");
}

TEST_CASE("a refusal for want of permission says so", "[component][net]") {
  RawFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  const auto failure = f.connect();
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::PermissionDenied);
}

TEST_CASE("a server that never answers the upgrade ends in Timeout", "[component][net]") {
  RawFixture f([](TcpPeer::Connection&) -> asio::awaitable<void> { co_await stay_silent(); });
  const auto failure = f.connect({.url = f.url("/"), .handshake_timeout = 40ms});
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::Timeout);
  CHECK(!failure.error().refused);
  CHECK(!failure.error().unreachable);
}

TEST_CASE("a 101 with a wrong key is not a websocket", "[component][net]") {
  RawFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
  });
  const auto failure = f.connect();
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::Unavailable);
}

TEST_CASE("nothing listening is Unavailable and the error hides the signed query",
          "[component][net]") {
  asio::io_context io;
  const auto failure =
      run(io, connect_websocket({.url = "ws://127.0.0.1:1/ws?X-Amz-Signature=abc"}));
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::Unavailable);
  CHECK(failure.error().unreachable);
  CHECK(failure.error().error.message ==
        "connect to ws://127.0.0.1:1/ws: connect to 127.0.0.1: Connection refused");
}

TEST_CASE("URLs and headers that cannot be sent are InvalidInput", "[component][net]") {
  asio::io_context io;
  const auto target =
      GENERATE(WebsocketTarget{.url = "http://127.0.0.1/"}, WebsocketTarget{.url = "127.0.0.1"},
               WebsocketTarget{.url = "ws://"}, WebsocketTarget{.url = "ws://127.0.0.1:70000/"},
               WebsocketTarget{.url = "ws://127.0.0.1/a b"},
               WebsocketTarget{.url = "ws://127.0.0.1:1/", .headers = {{"A", "b\n"}}});
  const auto failure = run(io, connect_websocket(target));
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::InvalidInput);
}

TEST_CASE("a close frame's code and reason are reported", "[component][net]") {
  const auto [code, reason] = GENERATE(table<std::uint16_t, std::string>(
      {{1000, "bye"}, {1001, ""}, {1008, "policy"}, {1011, "server error"}, {4000, "own"}}));
  Fixture f([c = code, r = reason](ServerRequest,
                                   std::unique_ptr<Websocket> socket) -> asio::awaitable<void> {
    co_await socket->close(c, r);
  });
  const auto socket = f.connect();
  const auto end = run(f.io, socket->read(5s));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Unavailable);
  REQUIRE(socket->closed());
  CHECK(socket->closed()->code == code);
  CHECK(socket->closed()->reason == reason);
}

TEST_CASE("a connection that ends without a close frame is reported as 1006", "[component][net]") {
  Fixture f([](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> { co_return; });
  const auto socket = f.connect();
  const auto end = run(f.io, socket->read(5s));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Unavailable);
  REQUIRE(socket->closed());
  CHECK(socket->closed()->code == 1006);
}

TEST_CASE("our own close ends a running read and tells the peer", "[component][net]") {
  std::optional<WebsocketClosed> seen;
  Fixture f([&](ServerRequest, std::unique_ptr<Websocket> socket) -> asio::awaitable<void> {
    while (co_await socket->read(5s)) {
    }
    seen = socket->closed();
  });
  const auto socket = f.connect();
  const bool read_ended = run(f.io, [](Websocket* s) -> asio::awaitable<bool> {
    using namespace asio::experimental::awaitable_operators;
    const auto read = co_await (s->read(10s) && s->close(1000, "ConnectionExpired"));
    co_return !read;
  }(socket.get()));
  CHECK(read_ended);
  REQUIRE(run_until(f.io, [&] { return seen.has_value(); }));
  CHECK(seen->code == 1000);
  CHECK(seen->reason == "ConnectionExpired");
}

TEST_CASE("a peer that never answers our close is cut off after five seconds", "[component][net]") {
  Fixture f([](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> {
    co_await stay_silent();
  });
  const auto socket = f.connect();
  const auto start = std::chrono::steady_clock::now();
  run(f.io, socket->close(1000, ""));
  const auto taken = std::chrono::steady_clock::now() - start;
  CHECK(taken >= 4900ms);
  CHECK(taken < 8s);
  CHECK(!run(f.io, socket->read(1s)));
  REQUIRE(socket->closed());
  CHECK(socket->closed()->code == 1006);
}

TEST_CASE("no message in time is a Timeout, and the connection is gone", "[component][net]") {
  bool peer_saw_end = false;
  Fixture f([&](ServerRequest, std::unique_ptr<Websocket> socket) -> asio::awaitable<void> {
    peer_saw_end = !co_await socket->read(5s);
  });
  const auto socket = f.connect();
  const auto late = run(f.io, socket->read(30ms));
  REQUIRE(!late);
  CHECK(late.error().code == ErrorCode::Timeout);
  CHECK(run(f.io, socket->read(1s)).error().code == ErrorCode::Unavailable);
  CHECK(run(f.io, socket->write("x", 1s)).error().code == ErrorCode::Unavailable);
  CHECK_FALSE(socket->closed());
  CHECK(run_until(f.io, [&] { return peer_saw_end; }));
}

TEST_CASE("a peer that stops reading ends a write with Timeout", "[component][net]") {
  Fixture f([](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> {
    co_await stay_silent();
  });
  const auto socket = f.connect();
  const auto sent = run(f.io, socket->write(std::string(64U << 20U, 'x'), 100ms));
  REQUIRE(!sent);
  CHECK(sent.error().code == ErrorCode::Timeout);
}

TEST_CASE("a message over the limit is InvalidInput and the peer is told 1009",
          "[component][net]") {
  std::optional<WebsocketClosed> seen;
  Fixture f([&](ServerRequest, std::unique_ptr<Websocket> socket) -> asio::awaitable<void> {
    co_await socket->write(std::string(1001, 'x'), 5s);
    while (co_await socket->read(5s)) {
    }
    seen = socket->closed();
  });
  auto target = f.target();
  target.max_message_bytes = 1000;
  auto socket = f.connect(target);
  const auto message = run(f.io, socket->read(5s));
  REQUIRE(!message);
  CHECK(message.error().code == ErrorCode::InvalidInput);
  CHECK(message.error().message == "websocket message larger than 1000 bytes");
  socket.reset();
  REQUIRE(run_until(f.io, [&] { return seen.has_value(); }));
  CHECK(seen->code == 1009);
}

TEST_CASE("the server refuses a message over its limit too", "[component][net]") {
  Fixture f(echo, {.max_message_bytes = 1000});
  const auto socket = f.connect();
  REQUIRE(run(f.io, socket->write(std::string(1001, 'x'), 5s)));
  CHECK(!run(f.io, socket->read(5s)));
  REQUIRE(socket->closed());
  CHECK(socket->closed()->code == 1009);
}

TEST_CASE("abort ends a running read at once", "[component][net]") {
  Fixture f;
  const auto socket = f.connect();
  const auto ended = run(f.io, [](Websocket* s) -> asio::awaitable<Result<std::string>> {
    using namespace asio::experimental::awaitable_operators;
    const auto abort_soon = [s]() -> asio::awaitable<void> {
      s->abort();
      co_return;
    };
    co_return co_await (s->read(10s) && abort_soon());
  }(socket.get()));
  REQUIRE(!ended);
  CHECK(ended.error().code == ErrorCode::Unavailable);
  CHECK_FALSE(socket->closed());
}

TEST_CASE("a websocket may be dropped under its reader", "[component][net]") {
  Fixture f;
  auto socket = f.connect();
  std::optional<Result<std::string>> result;
  asio::co_spawn(f.io, socket->read(10s),
                 [&](std::exception_ptr, Result<std::string> r) { result = std::move(r); });
  f.io.restart();
  f.io.poll();
  REQUIRE(!result);
  socket.reset();
  f.io.poll();
  REQUIRE(result);
  CHECK(result->error().code == ErrorCode::Unavailable);
}

TEST_CASE("a cancelled read unwinds and cuts the connection", "[component][net]") {
  bool peer_saw_end = false;
  Fixture f([&](ServerRequest, std::unique_ptr<Websocket> socket) -> asio::awaitable<void> {
    peer_saw_end = !co_await socket->read(5s);
  });
  const auto socket = f.connect();
  const bool timer_won = run(f.io, [](Websocket* s) -> asio::awaitable<bool> {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
    const auto first = co_await (s->read(10s) || timer.async_wait(asio::use_awaitable));
    co_return first.index() == 1;
  }(socket.get()));
  CHECK(timer_won);
  CHECK(run(f.io, socket->read(1s)).error().code == ErrorCode::Unavailable);
  CHECK(run_until(f.io, [&] { return peer_saw_end; }));
}

TEST_CASE("a read and a write overlap", "[component][net]") {
  Fixture f;
  const auto socket = f.connect();
  const std::string big(3U << 20U, 'b');
  const auto received =
      run(f.io, [](Websocket* s, std::string text) -> asio::awaitable<std::string> {
        using namespace asio::experimental::awaitable_operators;
        const auto [message, sent] = co_await (s->read(10s) && s->write(text, 10s));
        CHECK(sent);
        co_return message.value();
      }(socket.get(), big));
  CHECK(received == big);
}

TEST_CASE("the end of the server ends its websockets", "[component][net]") {
  bool handler_ended = false;
  Fixture f([&](ServerRequest, std::unique_ptr<Websocket> socket) -> asio::awaitable<void> {
    struct Note {
      bool& flag;
      ~Note() { flag = true; }
    };
    const Note note{handler_ended};
    while (co_await socket->read(1h)) {
    }
  });
  const auto socket = f.connect();
  f.server.reset();
  CHECK(!run(f.io, socket->read(5s)));
  CHECK(socket->closed()->code == 1006);
  CHECK(run_until(f.io, [&] { return handler_ended; }));
}

TEST_CASE("the server may end, outside the loop's turns, when a websocket's handler does",
          "[component][net]") {
  asio::steady_timer* work = nullptr;
  Fixture f([&](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> {
    asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
    work = &timer;
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    work = nullptr;
  });
  const auto socket = f.connect();
  REQUIRE(run_until(f.io, [&] { return work != nullptr; }));
  work->cancel();  // The handler ends in the loop's next turn, before the server's own news.
  f.server.reset();
  CHECK(!run(f.io, socket->read(5s)));
  CHECK(work == nullptr);
}
