#include "agent/net/unix_http_client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using Script = UnixPeer::Script;

struct Fixture {
  explicit Fixture(Script script) : peer(io, folder.file("engine.sock"), std::move(script)) {}
  Result<HttpResponse> call(HttpRequest request) {
    return run(io, client.call(std::move(request)));
  }
  auto open(HttpRequest request) { return run(io, client.open_stream(std::move(request))); }

  TemporaryFolder folder;
  asio::io_context io;
  UnixPeer peer;
  UnixHttpClient client{folder.file("engine.sock")};
};

/// Answers every request of a connection with the same bytes.
Script always(std::string answer) {
  return [answer](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    while (!(co_await c.read_until("\r\n\r\n")).empty()) co_await c.write(answer);
  };
}

/// Answers the first request of a connection, then keeps it open and silent.
Script once(std::string answer) {
  return [answer](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(answer);
    co_await stay_silent();
  };
}

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

}  // namespace

TEST_CASE("a call sends method, path, host, headers and body, and returns the answer",
          "[component][net]") {
  std::string head;
  std::string body;
  Fixture f([&](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    head = co_await c.read_until("\r\n\r\n");
    body = co_await c.read_until("}");
    co_await c.write("HTTP/1.1 201 Created\r\nX-A: 1\r\nContent-Length: 4\r\n\r\ndone");
  });
  const auto answer = f.call({.method = "POST",
                              .url = "/v1.41/containers/create?name=a%20b",
                              .headers = {{"Content-Type", "application/json"}},
                              .body = R"({"Image":"busybox"})"});
  REQUIRE(answer);
  CHECK(answer->status == 201);
  CHECK(answer->body == "done");
  CHECK(find_header(answer->headers, "x-a") == "1");
  CHECK(head ==
        "POST /v1.41/containers/create?name=a%20b HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 19\r\n\r\n");
  CHECK(body == R"({"Image":"busybox"})");
}

TEST_CASE("any status is a value", "[component][net]") {
  Fixture f(always("HTTP/1.1 409 Conflict\r\nContent-Length: 4\r\n\r\nbusy"));
  const auto answer = f.call({.url = "/"});
  REQUIRE(answer);
  CHECK(answer->status == 409);
  CHECK(answer->body == "busy");
}

TEST_CASE("a connection is used again, also after HEAD, 204 and chunks", "[component][net]") {
  const std::vector<std::string> answers{
      kOk, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"};
  Fixture f([&](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    for (const std::string& answer : answers) {
      co_await c.read_until("\r\n\r\n");
      co_await c.drip(answer);
    }
  });
  CHECK(f.call({.url = "/"}).value().body == "OK");
  CHECK(f.call({.method = "HEAD", .url = "/"}).value().body.empty());
  CHECK(f.call({.method = "DELETE", .url = "/"}).value().status == 204);
  CHECK(f.call({.url = "/"}).value().body == "abcde");
  CHECK(f.peer.connections() == 1);
}

TEST_CASE("interim answers are skipped", "[component][net]") {
  Fixture f(always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n" + kOk));
  CHECK(f.call({.url = "/"}).value().status == 200);
}

TEST_CASE("an answer with Connection: close is complete at its length and the connection dropped",
          "[component][net]") {
  Fixture f(once("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nOK"));
  CHECK(f.call({.url = "/"}).value().body == "OK");
  CHECK(f.call({.url = "/"}).value().body == "OK");
  CHECK(f.peer.connections() == 2);
}

TEST_CASE("a kept connection that the engine closed meanwhile is not used for a POST",
          "[component][net]") {
  Fixture f([](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(kOk);
  });
  CHECK(f.call({.url = "/"}));
  f.io.restart();
  f.io.poll();  // The peer's end closes.
  CHECK(f.call({.method = "POST", .url = "/"}));
  CHECK(f.peer.connections() == 2);
}

TEST_CASE("a GET is repeated when a kept connection closes instead of answering",
          "[component][net]") {
  Fixture f([](UnixPeer::Connection& c, int index) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(kOk);
    if (index == 0) {
      co_await c.read_until("\r\n\r\n");
      co_return;
    }
    co_await stay_silent();
  });
  CHECK(f.call({.url = "/"}));
  SECTION("GET") {
    CHECK(f.call({.url = "/"}));
    CHECK(f.peer.connections() == 2);
  }
  SECTION("but not a POST, which may have been carried out") {
    const auto answer = f.call({.method = "POST", .url = "/"});
    REQUIRE(!answer);
    CHECK(answer.error().code == ErrorCode::Unavailable);
    CHECK(answer.error().message == "POST /: connection closed before the end of the answer");
    CHECK(f.peer.connections() == 1);
  }
}

TEST_CASE("a GET is not repeated once part of an answer came", "[component][net]") {
  Fixture f([](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(kOk);
    co_await c.read_until("\r\n\r\n");
    co_await c.write("HTTP/1.1 200 OK\r\nConte");
  });
  CHECK(f.call({.url = "/"}));
  const auto answer = f.call({.url = "/"});
  REQUIRE(!answer);
  CHECK(answer.error().code == ErrorCode::Unavailable);
  CHECK(f.peer.connections() == 1);
}

TEST_CASE("at most eight idle connections are kept", "[component][net]") {
  Fixture f(always(kOk));
  run(f.io, [](UnixHttpClient* client) -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    const auto four = [client]() -> asio::awaitable<void> {
      co_await (client->call({.url = "/"}) && client->call({.url = "/"}) &&
                client->call({.url = "/"}) && client->call({.url = "/"}));
    };
    co_await (four() && four() && four());
  }(&f.client));
  CHECK(f.peer.connections() == 12);
  run(f.io, [](UnixHttpClient* client) -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    const auto three = [client]() -> asio::awaitable<void> {
      co_await (client->call({.url = "/"}) && client->call({.url = "/"}) &&
                client->call({.url = "/"}));
    };
    co_await (three() && three() && three());
  }(&f.client));
  CHECK(f.peer.connections() == 13);
}

TEST_CASE("a silent or half-done engine ends a call with Timeout", "[component][net]") {
  const std::string sent = GENERATE(as<std::string>{}, "", "HTTP/1.1 20",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  Fixture f(once(sent));
  const auto answer = f.call({.url = "/info", .timeout = 40ms});
  REQUIRE(!answer);
  CHECK(answer.error().code == ErrorCode::Timeout);
  CHECK(answer.error().message == "GET /info: no complete answer in time");
}

TEST_CASE("an answer larger than allowed is refused", "[component][net]") {
  const std::string body(2000, 'x');
  const std::string answer = GENERATE_COPY(
      as<std::string>{}, "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + body,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + body + "\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body);
  Fixture f(once(answer));
  const auto refused = f.call({.url = "/", .max_response_bytes = 1999});
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::InvalidInput);
  CHECK(refused.error().message == "GET /: answer too large");
}

TEST_CASE("an answer just as large as allowed is taken, beyond Beast's own limit too",
          "[component][net]") {
  const std::size_t size = 9U << 20U;
  Fixture f(once("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                 std::string(size, 'y')));
  CHECK(f.call({.url = "/", .max_response_bytes = size}).value().body.size() == size);
}

TEST_CASE("an answer that is not HTTP, or has endless headers, is InvalidInput",
          "[component][net]") {
  const std::string answer = GENERATE(as<std::string>{}, "SSH-2.0-OpenSSH_9.2\r\n\r\n",
                                      "HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'a'));
  Fixture f(once(answer));
  const auto refused = f.call({.url = "/"});
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("what could break out of the request line or a header is refused before it is sent",
          "[component][net]") {
  Fixture f(always(kOk));
  const HttpRequest request =
      GENERATE(HttpRequest{.url = "/a b"}, HttpRequest{.url = "/a\r\nX: y"}, HttpRequest{.url = ""},
               HttpRequest{.url = "/", .headers = {{"A", "b\r\nC: d"}}},
               HttpRequest{.url = "/", .headers = {{"A B", "c"}}},
               HttpRequest{.method = "GET /x", .url = "/"});
  const auto refused = f.call(request);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::InvalidInput);
  CHECK(f.peer.connections() == 0);
}

TEST_CASE("a missing socket is Unavailable and its path is named", "[component][net]") {
  asio::io_context io;
  UnixHttpClient client("/nonexistent/engine.sock");
  const auto answer = run(io, client.call({.url = "/"}));
  REQUIRE(!answer);
  CHECK(answer.error().code == ErrorCode::Unavailable);
  CHECK(answer.error().message == "connect to /nonexistent/engine.sock: No such file or directory");
}

TEST_CASE("a socket path longer than the kernel takes is InvalidInput", "[component][net]") {
  asio::io_context io;
  UnixHttpClient client("/" + std::string(200, 'a'));
  const auto answer = run(io, client.call({.url = "/"}));
  REQUIRE(!answer);
  CHECK(answer.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("a cancelled call unwinds at once and its connection is not used again",
          "[component][net]") {
  Fixture f([](UnixPeer::Connection& c, int index) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    if (index > 0) co_await c.write(kOk);
    co_await stay_silent();
  });
  const bool cancelled = run(f.io, [](UnixHttpClient* client) -> asio::awaitable<bool> {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, 20ms);
    const auto first =
        co_await (client->call({.url = "/"}) || timer.async_wait(asio::use_awaitable));
    co_return first.index() == 1;
  }(&f.client));
  CHECK(cancelled);
  CHECK(f.call({.url = "/"}));
  CHECK(f.peer.connections() == 2);
}

TEST_CASE("a stream hands out what comes, when it comes, and ends with an empty string",
          "[component][net]") {
  asio::steady_timer* gate = nullptr;
  Fixture f([&](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
    asio::steady_timer timer(co_await asio::this_coro::executor,
                             std::chrono::steady_clock::time_point::max());
    gate = &timer;
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await c.drip("4\r\ntwo\n\r\n0\r\n\r\n");
  });
  auto stream = f.open({.url = "/events"});
  REQUIRE(stream);
  CHECK((*stream)->head().status == 200);
  CHECK(run(f.io, (*stream)->read(0ms)).value() == "one\n");
  REQUIRE(gate != nullptr);
  gate->cancel();
  std::string rest;
  while (true) {
    const auto piece = run(f.io, (*stream)->read(1s));
    REQUIRE(piece);
    if (piece->empty()) break;
    rest += *piece;
  }
  CHECK(rest == "two\n");
  CHECK(run(f.io, (*stream)->read(1s)).value().empty());
}

TEST_CASE("a stream of many megabytes arrives whole in pieces of at most 64 KiB",
          "[component][net]") {
  const std::size_t size = 20U << 20U;
  Fixture f(once("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                 std::string(size, 'z')));
  auto stream = f.open({.url = "/export"});
  REQUIRE(stream);
  const auto [total, largest] =
      run(f.io, [](HttpBodyStream* s) -> asio::awaitable<std::pair<std::size_t, std::size_t>> {
        std::size_t sum = 0;
        std::size_t max = 0;
        while (true) {
          const auto piece = (co_await s->read(5s)).value();
          if (piece.empty()) co_return std::pair(sum, max);
          sum += piece.size();
          max = std::max(max, piece.size());
        }
      }(stream->get()));
  CHECK(total == size);
  CHECK(largest <= 64U << 10U);
}

TEST_CASE("a stream that goes quiet ends with Timeout", "[component][net]") {
  Fixture f(once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"));
  auto stream = f.open({.url = "/events"});
  REQUIRE(stream);
  CHECK(run(f.io, (*stream)->read(1s)).value() == "a");
  const auto end = run(f.io, (*stream)->read(30ms));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Timeout);
}

TEST_CASE("a stream that breaks off is Unavailable, not an end", "[component][net]") {
  Fixture f([](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
  });
  auto stream = f.open({.url = "/events"});
  REQUIRE(stream);
  CHECK(run(f.io, (*stream)->read(1s)).value() == "a");
  const auto end = run(f.io, (*stream)->read(1s));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Unavailable);
}

TEST_CASE("a stream may be dropped under its reader", "[component][net]") {
  Fixture f(once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  auto opened = f.open({.url = "/events"});
  REQUIRE(opened);
  auto stream = std::move(*opened);
  std::optional<Result<std::string>> result;
  asio::co_spawn(f.io, stream->read(0ms),
                 [&](std::exception_ptr, Result<std::string> r) { result = std::move(r); });
  f.io.restart();
  f.io.poll();
  REQUIRE(!result);
  stream.reset();
  f.io.poll();
  REQUIRE(result);
  CHECK(result->error().code == ErrorCode::Unavailable);
}

TEST_CASE("an open stream does not hold up calls", "[component][net]") {
  Fixture f([](UnixPeer::Connection& c, int) -> asio::awaitable<void> {
    const std::string head = co_await c.read_until("\r\n\r\n");
    co_await c.write(head.starts_with("GET /events")
                         ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                         : kOk);
    co_await stay_silent();
  });
  auto stream = f.open({.url = "/events"});
  REQUIRE(stream);
  CHECK(f.call({.url = "/info"}));
}
