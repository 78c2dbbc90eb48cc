#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <utility>

namespace longshore {

/// Runs both on the caller's executor until the first one ends, then cancels the other and waits
/// for its end. An exception of the one that ended first goes on to the caller; so does the
/// caller's own cancellation, as operation_aborted (Asio's `||` would wrap it).
boost::asio::awaitable<void> race(boost::asio::awaitable<void> a, boost::asio::awaitable<void> b);

/// What `work` comes to; nullopt if `end` came first.
template <typename T>
boost::asio::awaitable<std::optional<T>> race_for(boost::asio::awaitable<T> work,
                                                  boost::asio::awaitable<void> end) {
  std::optional<T> outcome;
  const auto keep = [](boost::asio::awaitable<T> w,
                       std::optional<T>* into) -> boost::asio::awaitable<void> {
    *into = co_await std::move(w);
  };
  co_await race(keep(std::move(work), &outcome), std::move(end));
  co_return outcome;
}

}  // namespace longshore
