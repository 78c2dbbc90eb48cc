#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/race.hpp"
#include "agent/base/result.hpp"

namespace longshore::runtime {

/// Keeps calls from waiting for an engine that hangs. While it is open they fail at once, and
/// those under way when it opens fail then; what they have done is not known. On the event loop.
class Breaker {
 public:
  Breaker();
  ~Breaker();
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  /// `why` is what calls fail with.
  void open(std::string why);
  void close();
  [[nodiscard]] bool is_open() const;
  /// Unavailable, with what open() was told. Empty when closed.
  [[nodiscard]] Error error() const;

  /// The outcome of `call`, or Unavailable as soon as the breaker is open; `call` is cancelled
  /// then.
  template <typename T>
  boost::asio::awaitable<Result<T>> guard(boost::asio::awaitable<Result<T>> call) {
    if (is_open()) co_return tl::unexpected(error());
    std::optional<Result<T>> outcome;
    co_await race(keep(std::move(call), outcome), opened());
    if (!outcome) co_return tl::unexpected(error());
    co_return *std::move(outcome);
  }

 private:
  struct State;

  template <typename T>
  // NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): guard() outlives it.
  static boost::asio::awaitable<void> keep(boost::asio::awaitable<Result<T>> call,
                                           std::optional<Result<T>>& outcome) {
    outcome = co_await std::move(call);
  }
  boost::asio::awaitable<void> opened();

  std::shared_ptr<State> state_;
};

}  // namespace longshore::runtime
