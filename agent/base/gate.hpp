#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>

namespace longshore {

/// Lets at most `width` coroutines through at a time; the others wait in order. On the event loop.
class Gate {
 public:
  explicit Gate(std::size_t width);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Held while inside; leaving is its destruction.
  class Pass {
   public:
    Pass(Pass&&) noexcept = default;
    Pass& operator=(Pass&&) noexcept = default;
    ~Pass();

   private:
    friend class Gate;
    struct State;
    explicit Pass(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
  };

  boost::asio::awaitable<Pass> enter();

 private:
  std::shared_ptr<Pass::State> state_;
};

/// A flag that one coroutine sets and another waits for. Setting it twice before the other looks
/// is seen once. On the event loop.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  void set();
  /// Returns once set, and clears it.
  boost::asio::awaitable<void> wait();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace longshore
