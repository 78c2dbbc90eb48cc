#include "metrics/tcs_outbox.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace longshore::metrics {

TcsOutbox::TcsOutbox(const boost::asio::any_io_executor& executor, WallTime now)
    : status_{.last_updated = now, .last_change = now}, wake_(executor, SteadyTime::max()) {}

bool TcsOutbox::set_instance_health(InstanceHealth health, WallTime now) {
  const bool changed = status_.status != health;
  if (changed) status_.last_change = now;
  status_.status = health;
  status_.last_updated = now;
  status_reported_ = false;
  return changed;
}

std::optional<InstanceStatus> TcsOutbox::unreported_status() const {
  if (status_reported_) return std::nullopt;
  return status_;
}

void TcsOutbox::mark_reported(const InstanceStatus& status) {
  if (status == status_) status_reported_ = true;
}

bool TcsOutbox::has_news(SteadyTime now) const {
  return metrics_.has_report(now) || health_.has_report(now) || !status_reported_;
}

void TcsOutbox::notify() {
  notified_ = true;
  wake_.cancel();
}

boost::asio::awaitable<void> TcsOutbox::changed() {
  while (!notified_) {
    co_await wake_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (!notified_) throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
  notified_ = false;
}

}  // namespace longshore::metrics
