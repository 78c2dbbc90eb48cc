#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>

namespace longshore {

/// Wakes all who wait for it, each time it is rung. On the event loop.
class Bell {
 public:
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void ring();
  /// How often it was rung so far. Who reads it before beginning something, and then waits for
  /// more, misses no ring in between.
  [[nodiscard]] std::uint64_t rings() const;
  /// Returns once it has been rung more than `heard` times. Cancellation unwinds it
  /// (operation_aborted).
  boost::asio::awaitable<void> wait(std::uint64_t heard);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace longshore
