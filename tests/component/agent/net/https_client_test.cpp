#include "agent/net/https_client.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "agent/base/lane.hpp"
#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

struct Fixture {
  explicit Fixture(TcpPeer::Script script) : peer(io, any_loopback_port(), std::move(script)) {}
  std::string url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(peer.endpoint().port()) + target;
  }
  HttpsAnswer call(HttpRequest request) { return run(io, client.call(std::move(request))); }

  asio::io_context io;
  TcpPeer peer;
  Lane lane{2};
  HttpsClient client{lane};
};

TcpPeer::Script always(std::string answer) {
  return [answer](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await c.write(answer);
  };
}

TcpPeer::Script silent() {
  return [](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    co_await stay_silent();
  };
}

}  // namespace

TEST_CASE("a POST sends exactly the headers given, the path as it stands, and the body",
          "[component][net]") {
  std::string request;
  Fixture f([&](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    request = co_await c.read_until("}");
    co_await c.write("HTTP/1.1 400 Bad Request\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\n{}");
  });
  const auto answer = f.call({.method = "POST",
                              .url = f.url("/a/../b//c?x=%2F"),
                              .headers = {{"Host", "ecs.example"},
                                          {"X-Amz-Target", "A.B"},
                                          {"X-Empty", ""},
                                          {"Content-Type", "application/x-amz-json-1.1"}},
                              .body = R"({"a":1})"});
  REQUIRE(answer);
  CHECK(answer->status == 400);
  CHECK(answer->body == "{}");
  CHECK(find_header(answer->headers, "x-id") == "7");
  CHECK(request ==
        "POST /a/../b//c?x=%2F HTTP/1.1\r\nHost: ecs.example\r\nX-Amz-Target: A.B\r\nX-Empty:\r\n"
        "Content-Type: application/x-amz-json-1.1\r\nContent-Length: 7\r\n\r\n{\"a\":1}");
}

TEST_CASE("methods go out as named, with and without a body", "[component][net]") {
  const std::string method = GENERATE(as<std::string>{}, "GET", "PUT", "POST", "DELETE", "HEAD");
  std::string request;
  Fixture f([&](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    request = co_await c.read_until("\r\n\r\n");
    co_await c.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  CHECK(f.call({.method = method, .url = f.url("/")}).value().status == 200);
  CHECK(request.starts_with(method + " / HTTP/1.1\r\n"));
  CHECK(request.find("User-Agent") == std::string::npos);
  const bool says_length = request.find("Content-Length: 0\r\n") != std::string::npos;
  CHECK(says_length == (method != "GET" && method != "HEAD"));
}

TEST_CASE("redirects are answers, not instructions", "[component][net]") {
  Fixture f(
      always("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"));
  const auto answer = f.call({.url = f.url("/")});
  REQUIRE(answer);
  CHECK(answer->status == 302);
  CHECK(find_header(answer->headers, "location") == "http://127.0.0.1:1/");
}

TEST_CASE("headers of interim answers are not mixed in", "[component][net]") {
  Fixture f(
      always("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
             "HTTP/1.1 200 OK\r\nX-Late: 1\r\nContent-Length: 0\r\n\r\n"));
  const auto answer = f.call({.url = f.url("/")}).value();
  CHECK(answer.status == 200);
  CHECK(!find_header(answer.headers, "X-Early"));
  CHECK(find_header(answer.headers, "X-Late") == "1");
}

TEST_CASE("an HTTPS call over its limit of bytes is InvalidInput", "[component][net]") {
  const std::string body(1000, 'b');
  const std::string answer =
      GENERATE_COPY(as<std::string>{}, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + body,
                    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body);
  Fixture f(always(answer));
  CHECK(f.call({.url = f.url("/"), .max_response_bytes = 1000}).value().body == body);
  const auto refused = f.call({.url = f.url("/"), .max_response_bytes = 999});
  REQUIRE(!refused);
  CHECK(refused.error().error.code == ErrorCode::InvalidInput);
  CHECK(refused.error().error.message == "GET " + f.url("/") + ": answer larger than 999 bytes");
}

TEST_CASE("a silent server ends an HTTPS call with Timeout, a closed port with Unavailable",
          "[component][net]") {
  Fixture f(silent());
  const auto late = f.call({.url = f.url("/?X-Amz-Signature=abc"), .timeout = 60ms});
  REQUIRE(!late);
  CHECK(late.error().error.code == ErrorCode::Timeout);
  CHECK(late.error().error.message.find("Signature") == std::string::npos);
  const auto refused = f.call({.url = "http://127.0.0.1:1/"});
  REQUIRE(!refused);
  CHECK(refused.error().error.code == ErrorCode::Unavailable);
}

TEST_CASE("a broken or cut answer is Unavailable", "[component][net]") {
  const std::string answer =
      GENERATE(as<std::string>{}, "", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  Fixture f(always(answer));
  const auto failure = f.call({.url = f.url("/")});
  REQUIRE(!failure);
  CHECK(failure.error().error.code == ErrorCode::Unavailable);
}

TEST_CASE("a service that accepts the connection was reached, whatever comes of it",
          "[component][net]") {
  const std::string scheme = GENERATE(as<std::string>{}, "http", "https");
  const int end = GENERATE(0, 1, 2, 3, 4);
  CAPTURE(scheme, end);
  Fixture f([end](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    if (end == 0) co_return c.reset();  // It may be quicker than the client's look at its socket.
    if (end == 1) co_return;
    co_await c.read_exactly(1);
    if (end == 2) co_return c.reset();
    if (end == 3) co_await c.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    if (end == 4) co_await stay_silent();
  });
  const std::string port = std::to_string(f.peer.endpoint().port());
  const auto answer = f.call({.url = scheme + "://127.0.0.1:" + port + "/", .timeout = 300ms});
  REQUIRE(!answer);
  CAPTURE(answer.error().error.message);
  CHECK_FALSE(answer.error().unreachable);
}

TEST_CASE("a service whose name or port does not answer was not reached", "[component][net]") {
  const std::string url = GENERATE(as<std::string>{}, "http://127.0.0.1:1/", "https://127.0.0.1:1/",
                                   "https://" + std::string(64, 'n') + "/");
  Fixture f(silent());
  const auto answer = f.call({.url = url, .timeout = 5s});  // No name has a label of 64 letters.
  REQUIRE(!answer);
  CHECK(answer.error().unreachable);
}

TEST_CASE("URLs and headers that cannot be sent do not leave the host", "[component][net]") {
  Fixture f(always(""));
  const std::string good = f.url("/");
  const std::string spaced = f.url("/a b");
  const auto request = GENERATE_COPY(HttpRequest{.url = "ftp://127.0.0.1/"},
                                     HttpRequest{.url = "127.0.0.1/"}, HttpRequest{.url = spaced},
                                     HttpRequest{.url = good, .headers = {{"A", "b\r\nC: d"}}},
                                     HttpRequest{.method = "GET / HTTP/1.1\r\nX:", .url = good});
  const auto refused = f.call(request);
  REQUIRE(!refused);
  CHECK(refused.error().error.code == ErrorCode::InvalidInput);
  CHECK(f.peer.connections() == 0);
}

TEST_CASE("stop() ends a running call at once", "[component][net]") {
  Fixture f(silent());
  const auto start = std::chrono::steady_clock::now();
  const auto result =
      run(f.io, [](HttpsClient* client, std::string url) -> asio::awaitable<HttpsAnswer> {
        using namespace asio::experimental::awaitable_operators;
        const auto stop_soon = [client]() -> asio::awaitable<void> {
          asio::steady_timer timer(co_await asio::this_coro::executor, 30ms);
          co_await timer.async_wait(asio::use_awaitable);
          client->stop();
        };
        co_return co_await (client->call({.url = url, .timeout = 10s}) && stop_soon());
      }(&f.client, f.url("/")));
  REQUIRE(!result);
  CHECK(result.error().error.code == ErrorCode::Unavailable);
  CHECK(result.error().error.message == "GET " + f.url("/") + ": stopped");
  CHECK(std::chrono::steady_clock::now() - start < 500ms);
  CHECK(!f.call({.url = f.url("/")}));
}

TEST_CASE("calls run side by side on the lane's threads", "[component][net]") {
  int waiting = 0;
  // Nobody is answered before both have asked.
  Fixture f([&](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
    co_await c.read_until("\r\n\r\n");
    ++waiting;
    asio::steady_timer turn(co_await asio::this_coro::executor);
    while (waiting < 2) {
      turn.expires_after(1ms);
      co_await turn.async_wait(asio::use_awaitable);
    }
    co_await c.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  run(f.io, [](HttpsClient* client, std::string url) -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    const auto [first, second] = co_await (client->call({.url = url, .timeout = 10s}) &&
                                           client->call({.url = url, .timeout = 10s}));
    CHECK(first);
    CHECK(second);
  }(&f.client, f.url("/")));
}
