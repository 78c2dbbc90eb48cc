#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <string>

#include "agent/base/gate.hpp"

namespace longshore::control {

/// Frames that wait to be written to one connection. Whoever answers a message holds its
/// connection's outbox; once the connection is gone, answers to it are dropped, because the server
/// sends what was not acknowledged again.
class Outbox {
 public:
  static constexpr std::size_t kMaxFrames = 1'024;
  /// An answer quotes the message it is to, and that may be large.
  static constexpr std::size_t kMaxBytes = 4U << 20U;

  /// Drops the frame when the connection is gone or reads too slowly (then with a log line).
  void push(std::string frame);
  void close();
  /// The next frame; waits for one. For one writer.
  boost::asio::awaitable<std::string> next();

 private:
  std::deque<std::string> frames_{};
  std::size_t bytes_ = 0;  ///< Of all of them.
  Signal filled_{};
  bool closed_ = false;
};

}  // namespace longshore::control
