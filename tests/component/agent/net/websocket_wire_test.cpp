// What goes over the wire, frame by frame, against peers that no proper library would be.
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "agent/net/http_server.hpp"
#include "agent/net/websocket.hpp"
#include "tests/component/agent/net/loopback.hpp"

using namespace longshore;
using namespace longshore::net;
using namespace longshore::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// The answer to a key, RFC 6455 §4.2.2.
std::string accept_key(const std::string& request) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const auto start = request.find(kName) + kName.size();
  const std::string text = request.substr(start, request.find("\r\n", start) - start) +
                           "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[29];
  EVP_EncodeBlock(encoded, digest, SHA_DIGEST_LENGTH);
  return reinterpret_cast<const char*>(encoded);
}

enum Opcode { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

struct Frame {
  bool final = false;
  int opcode = 0;
  std::string payload{};
};

/// A server's frame, unmasked; payloads below 64 KiB.
std::string frame(int opcode, std::string_view payload, bool final = true) {
  std::string bytes(1, static_cast<char>((final ? 0x80 : 0) | opcode));
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += "\x7e";
    bytes += static_cast<char>(payload.size() >> 8U);
    bytes += static_cast<char>(payload.size() & 0xFFU);
  }
  return bytes.append(payload);
}

/// Reads one masked frame of a client.
asio::awaitable<Frame> read_frame(TcpPeer::Connection& c) {
  const std::string head = co_await c.read_exactly(2);
  const auto second = static_cast<unsigned char>(head[1]);
  if ((second & 0x80U) == 0) throw std::runtime_error("a client's frame must be masked");
  std::size_t size = second & 0x7FU;
  if (size >= 126) {
    const std::string longer = co_await c.read_exactly(size == 126 ? 2 : 8);
    size = 0;
    for (const char byte : longer) size = size << 8U | static_cast<unsigned char>(byte);
  }
  const std::string mask = co_await c.read_exactly(4);
  Frame result{(static_cast<unsigned char>(head[0]) & 0x80U) != 0, head[0] & 0x0F,
               co_await c.read_exactly(size)};
  for (std::size_t i = 0; i < size; ++i) {
    result.payload[i] = static_cast<char>(result.payload[i] ^ mask[i % 4]);
  }
  co_return result;
}

/// Upgrades properly, then leaves the wire to the script.
struct WireFixture {
  using Script = std::function<asio::awaitable<void>(TcpPeer::Connection&)>;

  explicit WireFixture(Script script)
      : peer(io, any_loopback_port(),
             [wire = std::move(script)](TcpPeer::Connection& c, int) -> asio::awaitable<void> {
               const std::string request = co_await c.read_until("\r\n\r\n");
               co_await c.write(
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Connection: upgrade\r\nSec-WebSocket-Accept: " +
                   accept_key(request) + "\r\n\r\n");
               co_await wire(c);
             }) {
    socket = run(io, connect_websocket(
                         {.url = "ws://127.0.0.1:" + std::to_string(peer.endpoint().port()) + "/"}))
                 .value();
  }

  asio::io_context io;
  TcpPeer peer;
  std::unique_ptr<Websocket> socket;
};

}  // namespace

TEST_CASE("a ping is answered with its payload while a read waits", "[component][net]") {
  Frame answer;
  WireFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(frame(kPing, "are you there"));
    answer = co_await read_frame(c);
    co_await c.write(frame(kText, "good"));
    co_await stay_silent();
  });
  CHECK(run(f.io, f.socket->read(5s)).value() == "good");
  CHECK(answer.opcode == kPong);
  CHECK(answer.payload == "are you there");
}

TEST_CASE("pings alone do not keep a read waiting beyond its timeout", "[component][net]") {
  WireFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (c.socket().is_open()) {
      co_await c.write(frame(kPing, ""));
      pause.expires_after(5ms);
      co_await pause.async_wait(asio::use_awaitable);
    }
  });
  const auto message = run(f.io, f.socket->read(60ms));
  REQUIRE(!message);
  CHECK(message.error().code == ErrorCode::Timeout);
}

TEST_CASE("a message in fragments, with a ping between them, byte by byte, is one message",
          "[component][net]") {
  WireFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.drip(frame(kText, "one ", false) + frame(kPing, "") +
                    frame(kContinuation, "two ", false) + frame(kContinuation, "three"));
    co_await stay_silent();
  });
  CHECK(run(f.io, f.socket->read(5s)).value() == "one two three");
}

TEST_CASE("a binary message is read like a text", "[component][net]") {
  WireFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(frame(kBinary, R"({"type":"x"})"));
    co_await stay_silent();
  });
  CHECK(run(f.io, f.socket->read(5s)).value() == R"({"type":"x"})");
}

TEST_CASE("a long message leaves as text in frames of 32768 bytes", "[component][net]") {
  std::vector<Frame> frames;
  WireFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    do {
      frames.push_back(co_await read_frame(c));
    } while (!frames.back().final);
    co_await c.write(frame(kText, "done"));
    co_await stay_silent();
  });
  std::string text(70'000, 'a');
  text.back() = 'z';
  REQUIRE(run(f.io, f.socket->write(text, 5s)));
  CHECK(run(f.io, f.socket->read(5s)).value() == "done");
  REQUIRE(frames.size() == 3);
  CHECK(frames[0].opcode == kText);
  CHECK(frames[0].payload.size() == 32768);
  CHECK(frames[1].opcode == kContinuation);
  CHECK(frames[1].payload.size() == 32768);
  CHECK(frames[0].payload + frames[1].payload + frames[2].payload == text);
}

TEST_CASE("a close frame is answered, and one without a code is 1005", "[component][net]") {
  Frame answer;
  WireFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(frame(kClose, ""));
    answer = co_await read_frame(c);
    // Stays open without a FIN: the end of read() must not wait for one.
    co_await stay_silent();
  });
  const auto end = run(f.io, f.socket->read(2s));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Unavailable);
  REQUIRE(f.socket->closed());
  CHECK(f.socket->closed()->code == 1005);
  CHECK(run_until(f.io, [&] { return answer.opcode == kClose; }));
}

TEST_CASE("a frame that breaks the protocol ends the connection with 1002", "[component][net]") {
  // A continuation of nothing, a reserved opcode, a fragmented ping, a masked server frame.
  const std::string broken =
      GENERATE(frame(kContinuation, "x"), frame(3, "x"), frame(kPing, "x", false),
               std::string("\x81\x81\x01\x02\x03\x04x", 7));
  WireFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(broken);
    co_await stay_silent();
  });
  const auto end = run(f.io, f.socket->read(5s));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Unavailable);
  REQUIRE(f.socket->closed());
  CHECK(f.socket->closed()->code == 1002);
}

TEST_CASE("a FIN in the middle of a frame is reported as 1006, a reset as no close at all",
          "[component][net]") {
  const bool with_reset = GENERATE(false, true);
  WireFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(frame(kText, "half a message").substr(0, 6));
    if (with_reset) c.reset();
  });
  const auto end = run(f.io, f.socket->read(5s));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Unavailable);
  CHECK(f.socket->closed().has_value() == !with_reset);
  if (!with_reset) CHECK(f.socket->closed()->code == 1006);
}

TEST_CASE("a half-open peer, that accepts and then is silent, ends a read with Timeout",
          "[component][net]") {
  WireFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(frame(kText, "never finished").substr(0, 5));
    co_await stay_silent();
  });
  const auto end = run(f.io, f.socket->read(40ms));
  REQUIRE(!end);
  CHECK(end.error().code == ErrorCode::Timeout);
}

TEST_CASE("an announced length beyond the limit is refused before its bytes come",
          "[component][net]") {
  WireFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    co_await c.write(std::string("\x81\x7f\x00\x00\x00\x10\x00\x00\x00\x00", 10));  // 64 GiB
    co_await stay_silent();
  });
  const auto message = run(f.io, f.socket->read(5s));
  REQUIRE(!message);
  CHECK(message.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("our close frame carries code and reason, cut to what a frame holds",
          "[component][net]") {
  Frame close;
  WireFixture f([&](TcpPeer::Connection& c) -> asio::awaitable<void> {
    close = co_await read_frame(c);
    co_await c.write(frame(kClose, close.payload));
  });
  run(f.io, f.socket->close(1000, std::string(200, 'r')));
  CHECK(close.opcode == kClose);
  CHECK(close.payload == "\x03\xe8" + std::string(123, 'r'));
}

TEST_CASE("messages that come while a close is under way do not disturb it", "[component][net]") {
  WireFixture f([](TcpPeer::Connection& c) -> asio::awaitable<void> {
    const Frame close = co_await read_frame(c);
    co_await c.write(frame(kText, "late") + frame(kText, "later") + frame(kClose, close.payload));
  });
  const auto start = std::chrono::steady_clock::now();
  run(f.io, f.socket->close(1000, ""));
  CHECK(std::chrono::steady_clock::now() - start < 3s);
}

TEST_CASE("an upgrade request with data behind it, or without a key, is refused",
          "[component][net]") {
  asio::io_context io;
  bool served = false;
  const auto server =
      HttpServer::listen(
          io.get_executor(), {},
          {.check_upgrade = [](const ServerRequest&) { return std::nullopt; },
           .websocket = [&](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> {
             served = true;
             co_return;
           }})
          .value();
  const std::string head =
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\n";
  const std::string request =
      GENERATE_COPY(head + "\r\n", head + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nxx");
  const auto answer =
      run(io, [](std::uint16_t port, std::string text) -> asio::awaitable<std::string> {
        const auto connection = co_await dial(port);
        co_await connection->write(text);
        co_return co_await connection->read_to_end();
      }(server->port(), request));
  CHECK(answer.starts_with("HTTP/1.1 400"));
  CHECK(!served);
}

TEST_CASE("check_upgrade refuses with its own answer, which the client gets to see",
          "[component][net]") {
  asio::io_context io;
  std::string target;
  const auto server =
      HttpServer::listen(
          io.get_executor(), {},
          {.check_upgrade = [&](const ServerRequest& r) -> std::optional<HttpResponse> {
             target = r.target;
             return HttpResponse{.status = 403, .body = "not you"};
           },
           .websocket = [](ServerRequest, std::unique_ptr<Websocket>) -> asio::awaitable<void> {
             co_return;
           }})
          .value();
  const auto failure = run(
      io,
      connect_websocket({.url = "ws://127.0.0.1:" + std::to_string(server->port()) + "/q?a=b"}));
  REQUIRE(!failure);
  REQUIRE(failure.error().refused);
  CHECK(failure.error().refused->status == 403);
  CHECK(failure.error().refused->body == "not you");
  CHECK(target == "/q?a=b");
}
