#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <string>

namespace longshore {

/// Starts a coroutine that nobody waits for. An exception that leaves it is our bug: it is logged
/// with `what` and the process aborts (systemd restarts us; state is on disk). Being cancelled
/// (operation_aborted) is a normal end.
void spawn(boost::asio::any_io_executor executor, std::string what,
           boost::asio::awaitable<void> coroutine);

/// As above, for a coroutine that `slot` can cancel. `on_end` runs after it, however it ended.
void spawn(boost::asio::any_io_executor executor, std::string what,
           boost::asio::awaitable<void> coroutine, boost::asio::cancellation_slot slot,
           std::function<void()> on_end);

}  // namespace longshore
