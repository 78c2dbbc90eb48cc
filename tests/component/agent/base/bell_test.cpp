#include "agent/base/bell.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch.hpp>
#include <cstdint>
#include <exception>
#include <list>
#include <optional>

namespace longshore {
namespace {

namespace asio = boost::asio;

struct Waiters {
  std::list<asio::cancellation_signal> cancels{};  ///< One for each wait: a slot has one handler.
  asio::io_context io{};
  std::optional<Bell> bell{std::in_place};
  int woken = 0;
  std::exception_ptr failure{};

  void wait(std::uint64_t heard) {
    asio::co_spawn(io, bell->wait(heard),
                   asio::bind_cancellation_slot(cancels.emplace_back().slot(),
                                                [this](std::exception_ptr thrown) {
                                                  failure = thrown;
                                                  if (!thrown) ++woken;
                                                }));
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

}  // namespace

TEST_CASE("a bell wakes all who wait", "[component][base]") {
  Waiters w;
  w.wait(0);
  w.wait(0);
  CHECK(w.woken == 0);
  w.bell->ring();
  w.poll();
  CHECK(w.woken == 2);
}

TEST_CASE("a ring before the wait counts, one that was heard does not", "[component][base]") {
  Waiters w;
  const auto heard = w.bell->rings();
  w.bell->ring();
  w.wait(heard);
  CHECK(w.woken == 1);
  w.wait(w.bell->rings());
  CHECK(w.woken == 1);
  w.bell->ring();
  w.poll();
  CHECK(w.woken == 2);
}

TEST_CASE("a cancelled wait unwinds and is not woken later", "[component][base]") {
  Waiters w;
  w.wait(0);
  w.cancels.back().emit(asio::cancellation_type::terminal);
  w.poll();
  REQUIRE(w.failure);
  CHECK_THROWS_AS(std::rethrow_exception(w.failure), boost::system::system_error);
  w.bell->ring();
  w.poll();
  CHECK(w.woken == 0);
}

TEST_CASE("a bell may go before those who wait for it", "[component][base]") {
  Waiters w;
  w.wait(0);
  w.bell.reset();
  w.cancels.back().emit(asio::cancellation_type::terminal);
  w.poll();
  CHECK(w.failure);
}

}  // namespace longshore
