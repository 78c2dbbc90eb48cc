#include "agent/base/spawn.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <exception>
#include <utility>

#include "agent/base/log.hpp"

namespace longshore {

namespace {

void check_end(const std::string& what, std::exception_ptr failure) {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) return;
    log_critical("coroutine failed", {{"what", what}, {"error", e.what()}});
  } catch (const std::exception& e) {
    log_critical("coroutine failed", {{"what", what}, {"error", e.what()}});
  }
  flush_log();
  std::abort();
}

}  // namespace

void spawn(boost::asio::any_io_executor executor, std::string what,
           boost::asio::awaitable<void> coroutine) {
  boost::asio::co_spawn(
      executor, std::move(coroutine),
      [what = std::move(what)](std::exception_ptr failure) { check_end(what, failure); });
}

void spawn(boost::asio::any_io_executor executor, std::string what,
           boost::asio::awaitable<void> coroutine, boost::asio::cancellation_slot slot,
           std::function<void()> on_end) {
  boost::asio::co_spawn(
      executor, std::move(coroutine),
      boost::asio::bind_cancellation_slot(
          slot, [what = std::move(what), on_end = std::move(on_end)](std::exception_ptr failure) {
            check_end(what, failure);
            on_end();
          }));
}

}  // namespace longshore
