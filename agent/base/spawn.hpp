#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <string>

namespace longshore {

/// Starts a coroutine that nobody waits for. An exception that leaves it is our bug: it is logged
/// with `what` and the process aborts (systemd restarts us; state is on disk). Being cancelled
/// (operation_aborted) is a normal end.
void spawn(boost::asio::any_io_executor executor, std::string what,
           boost::asio::awaitable<void> coroutine);

}  // namespace longshore
