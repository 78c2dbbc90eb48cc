#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace longshore::testing {

/// Runs the loop until `coroutine` is done and returns its value, or throws what it threw. Throws
/// std::runtime_error when that takes longer than `limit`: a test must not hang. Other coroutines
/// on the loop go on meanwhile and may stay behind.
template <typename T>
T run_on(boost::asio::io_context& io, boost::asio::awaitable<T> coroutine,
         std::chrono::seconds limit = std::chrono::seconds{60}) {
  std::optional<T> value;
  std::exception_ptr thrown;
  bool done = false;
  boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr e, T result) {
    thrown = e;
    value.emplace(std::move(result));
    done = true;
  });
  const auto deadline = std::chrono::steady_clock::now() + limit;
  io.restart();
  while (!done) {
    if (io.run_one_until(deadline) == 0) {
      throw std::runtime_error("the coroutine did not end in time");
    }
  }
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*value);
}

}  // namespace longshore::testing
