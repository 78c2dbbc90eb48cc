#include "agent/app/supervisor.hpp"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdint>

#include "agent/base/text.hpp"

namespace longshore::app {

void tell_ready() { sd_notify(0, "READY=1"); }

void tell_status(const std::string& status) {
  sd_notify(0, ("STATUS=" + printable(status)).c_str());
}

void tell_stopping() { sd_notify(0, "STOPPING=1"); }

boost::asio::awaitable<void> feed_watchdog(Clock* clock) {
  std::uint64_t limit_us = 0;
  if (sd_watchdog_enabled(0, &limit_us) <= 0) co_return;
  const auto half = std::chrono::milliseconds(limit_us / 2'000);
  while (true) {
    sd_notify(0, "WATCHDOG=1");
    co_await clock->sleep_for(half);
  }
}

}  // namespace longshore::app
