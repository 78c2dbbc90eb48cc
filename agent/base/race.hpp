#pragma once

#include <boost/asio/awaitable.hpp>

namespace longshore {

/// Runs both on the caller's executor until the first one ends, then cancels the other and waits
/// for its end. An exception of the one that ended first goes on to the caller; so does the
/// caller's own cancellation, as operation_aborted (Asio's `||` would wrap it).
boost::asio::awaitable<void> race(boost::asio::awaitable<void> a, boost::asio::awaitable<void> b);

}  // namespace longshore
