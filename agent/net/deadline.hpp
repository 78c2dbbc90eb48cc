#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "agent/net/transport.hpp"

namespace longshore::net {

/// Cuts what runs in its scope when time is up, by closing the transport: Beast's operations cannot
/// be resumed once interrupted, so there is nothing to keep. Real time, not Clock: it guards
/// sockets, not decisions.
class Deadline {
 public:
  Deadline(const std::shared_ptr<Transport>& transport, std::chrono::milliseconds limit);
  Deadline(boost::asio::any_io_executor executor, std::chrono::milliseconds limit,
           std::function<void()> on_expiry);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  [[nodiscard]] bool expired() const { return state_->expired; }

 private:
  struct State {
    bool over = false;  ///< The scope ended; an expiry still queued must do nothing.
    bool expired = false;
    std::function<void()> on_expiry{};
  };
  std::shared_ptr<State> state_;
  boost::asio::steady_timer timer_;
};

/// Throws operation_aborted if the calling coroutine was cancelled; awaiting any coroutine does.
/// Called after an operation whose error was taken as a value, so that cancellation is not mistaken
/// for a failed connection.
boost::asio::awaitable<void> unwind_if_cancelled();

}  // namespace longshore::net
