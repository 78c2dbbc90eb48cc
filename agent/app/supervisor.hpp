#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "agent/base/clock.hpp"

namespace longshore::app {

/// Tells systemd that the service is up: its settings are good and its state is open. Without a
/// supervisor that listens this does nothing, as the rest here. Source: sd_notify(3).
void tell_ready();
/// What `systemctl status` shows.
void tell_status(const std::string& status);
void tell_stopping();

/// Feeds systemd's watchdog, twice in its time, from the loop that does all the work: when that
/// loop hangs, systemd ends and restarts this process. Ends at once where there is no watchdog.
/// Source: sd_watchdog_enabled(3).
boost::asio::awaitable<void> feed_watchdog(Clock* clock);

}  // namespace longshore::app
