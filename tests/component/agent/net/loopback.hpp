#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/spawn.hpp"

namespace longshore::testing {

/// Runs the loop until the coroutine is done and returns what it returned. Far longer than any
/// deadline in these tests, so that a hang becomes a failure.
template <typename T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> coroutine) {
  std::optional<T> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr e, T value) {
    failure = e;
    result.emplace(std::move(value));
    io.stop();
  });
  io.restart();
  io.run_for(std::chrono::seconds{20});
  if (failure) std::rethrow_exception(failure);
  if (!result) throw std::runtime_error("the coroutine did not finish");
  return std::move(*result);
}

inline void run(boost::asio::io_context& io, boost::asio::awaitable<void> coroutine) {
  run<bool>(io, [](boost::asio::awaitable<void> inner) -> boost::asio::awaitable<bool> {
    co_await std::move(inner);
    co_return true;
  }(std::move(coroutine)));
}

/// Runs the loop until `condition` holds; false if it does not within ten seconds.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  io.restart();
  while (!condition() && std::chrono::steady_clock::now() < end) {
    io.run_one_for(std::chrono::milliseconds{10});
    if (io.stopped()) io.restart();
  }
  return condition();
}

/// A folder of its own, gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "longshore-net-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// The other end of a connection, byte by byte, as a test wants it.
template <typename Socket>
class RawConnection {
 public:
  explicit RawConnection(Socket socket) : socket_(std::move(socket)) {}

  /// Everything up to and with `end`; what came, when the peer closed before.
  boost::asio::awaitable<std::string> read_until(std::string end) {
    const auto [ec, size] =
        co_await boost::asio::async_read_until(socket_, boost::asio::dynamic_buffer(input_), end,
                                               boost::asio::as_tuple(boost::asio::use_awaitable));
    const std::size_t taken = ec ? input_.size() : size;
    std::string text = input_.substr(0, taken);
    input_.erase(0, taken);
    co_return text;
  }
  /// Exactly so many bytes; throws when the peer closes before.
  boost::asio::awaitable<std::string> read_exactly(std::size_t count) {
    if (input_.size() < count) {
      co_await boost::asio::async_read(socket_, boost::asio::dynamic_buffer(input_),
                                       boost::asio::transfer_exactly(count - input_.size()),
                                       boost::asio::use_awaitable);
    }
    std::string bytes = input_.substr(0, count);
    input_.erase(0, count);
    co_return bytes;
  }
  boost::asio::awaitable<std::string> read_to_end() { return read_until("\x01never\x01"); }
  boost::asio::awaitable<void> write(std::string bytes) {
    co_await boost::asio::async_write(socket_, boost::asio::buffer(bytes),
                                      boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  /// Bytes one at a time, as the slowest network would bring them.
  boost::asio::awaitable<void> drip(std::string bytes) {
    for (const char c : bytes) co_await write(std::string(1, c));
  }
  /// Ends with a reset in place of a FIN.
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
  std::string input_{};
};

/// Accepts connections and runs a script over each; the n-th connection has index n, from 0.
template <typename Protocol>
class Peer {
 public:
  using Connection = RawConnection<typename Protocol::socket>;
  using Script = std::function<boost::asio::awaitable<void>(Connection&, int)>;

  Peer(boost::asio::io_context& io, typename Protocol::endpoint endpoint, Script script)
      : state_(std::make_shared<State>(io, endpoint, std::move(script))) {
    spawn(io.get_executor(), "peer", accept(state_));
  }
  ~Peer() { state_->acceptor.close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  int connections() const { return state_->count; }
  auto endpoint() const { return state_->acceptor.local_endpoint(); }

 private:
  struct State {
    State(boost::asio::io_context& io, typename Protocol::endpoint endpoint, Script s)
        : acceptor(io, endpoint), script(std::move(s)) {}
    typename Protocol::acceptor acceptor;
    Script script;
    int count = 0;
  };
  static boost::asio::awaitable<void> accept(std::shared_ptr<State> state) {
    while (true) {
      auto [ec, socket] =
          co_await state->acceptor.async_accept(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (ec) co_return;
      spawn(state->acceptor.get_executor(), "connection",
            serve(state, std::move(socket), state->count++));
    }
  }
  static boost::asio::awaitable<void> serve(std::shared_ptr<State> state,
                                            typename Protocol::socket socket, int index) {
    Connection connection(std::move(socket));
    co_await state->script(connection, index);
  }
  std::shared_ptr<State> state_;
};

using UnixPeer = Peer<boost::asio::local::stream_protocol>;
using TcpPeer = Peer<boost::asio::ip::tcp>;

inline boost::asio::ip::tcp::endpoint any_loopback_port() {
  return {boost::asio::ip::make_address("127.0.0.1"), 0};
}

/// Connects to a port of ours.
inline boost::asio::awaitable<std::unique_ptr<RawConnection<boost::asio::ip::tcp::socket>>> dial(
    std::uint16_t port) {
  boost::asio::ip::tcp::socket socket(co_await boost::asio::this_coro::executor);
  co_await socket.async_connect({boost::asio::ip::make_address("127.0.0.1"), port},
                                boost::asio::use_awaitable);
  co_return std::make_unique<RawConnection<boost::asio::ip::tcp::socket>>(std::move(socket));
}

/// Never answers, and keeps the connection for as long as the test runs the loop.
inline boost::asio::awaitable<void> stay_silent() {
  boost::asio::steady_timer forever(co_await boost::asio::this_coro::executor,
                                    std::chrono::steady_clock::time_point::max());
  co_await forever.async_wait(boost::asio::use_awaitable);
}

}  // namespace longshore::testing
