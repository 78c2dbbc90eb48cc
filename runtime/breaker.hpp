#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/bell.hpp"
#include "agent/base/race.hpp"
#include "agent/base/result.hpp"

namespace longshore::runtime {

/// Keeps calls from waiting for an engine that hangs. While it is open they fail at once, and
/// those under way when it opens fail then; what they have done is not known. On the event loop.
class Breaker {
 public:
  /// `why` is what calls fail with.
  void open(std::string why);
  void close();
  [[nodiscard]] bool is_open() const { return why_.has_value(); }
  /// Unavailable, with what open() was told.
  [[nodiscard]] Error error() const { return {ErrorCode::Unavailable, why_.value_or("")}; }

  /// The outcome of `call`, or Unavailable as soon as the breaker is open; `call` is cancelled
  /// then.
  template <typename T>
  boost::asio::awaitable<Result<T>> guard(boost::asio::awaitable<Result<T>> call) {
    if (is_open()) co_return tl::unexpected(error());
    auto outcome = co_await race_for(std::move(call), opened_.wait(opened_.rings()));
    if (!outcome) co_return tl::unexpected(error());
    co_return *std::move(outcome);
  }

 private:
  std::optional<std::string> why_{};
  Bell opened_{};
};

}  // namespace longshore::runtime
