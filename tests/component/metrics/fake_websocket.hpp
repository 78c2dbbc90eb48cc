#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/net/websocket.hpp"

namespace longshore::testing {

/// The other end of a FakeWebsocket, which outlives it.
struct FakePeer {
  explicit FakePeer(boost::asio::any_io_executor executor)
      : arrived(std::move(executor), std::chrono::steady_clock::time_point::max()) {}

  void say(std::string message) {
    incoming.push_back(std::move(message));
    arrived.cancel();
  }
  void close(std::uint16_t code) {
    closed = net::WebsocketClosed{.code = code};
    break_off();
  }
  /// The connection goes as by a reset: nobody says how.
  void break_off() {
    gone = true;
    arrived.cancel();
  }

  std::deque<std::string> incoming{};
  std::vector<std::string> received{};
  std::optional<net::WebsocketClosed> closed{};
  bool gone = false;
  bool echoes_close = true;
  std::optional<std::uint16_t> close_code{};  ///< What the agent closed with.
  std::string close_reason{};
  boost::asio::steady_timer arrived;
};

/// A websocket without a socket. Its read timeout never runs out.
class FakeWebsocket final : public net::Websocket {
 public:
  explicit FakeWebsocket(FakePeer& peer) : peer_(peer) {}

  boost::asio::awaitable<Result<std::string>> read(std::chrono::milliseconds) override {
    while (true) {
      if (!peer_.incoming.empty()) {
        std::string message = std::move(peer_.incoming.front());
        peer_.incoming.pop_front();
        co_return message;
      }
      if (peer_.gone) co_return fail(ErrorCode::Unavailable, "closed");
      co_await peer_.arrived.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (peer_.incoming.empty() && !peer_.gone) {
        throw boost::system::system_error(boost::asio::error::operation_aborted);
      }
    }
  }
  boost::asio::awaitable<Status> write(std::string message, std::chrono::milliseconds) override {
    if (peer_.gone) co_return fail(ErrorCode::Unavailable, "closed");
    peer_.received.push_back(std::move(message));
    co_return Status{};
  }
  boost::asio::awaitable<void> close(std::uint16_t code, std::string reason) override {
    peer_.close_code = code;
    peer_.close_reason = std::move(reason);
    if (peer_.echoes_close) peer_.close(code);
    co_return;
  }
  void abort() override { peer_.break_off(); }
  const std::optional<net::WebsocketClosed>& closed() const override { return peer_.closed; }

 private:
  FakePeer& peer_;
};

}  // namespace longshore::testing
