#include "agent/base/race.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "tests/support/fake_clock.hpp"

namespace longshore {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

awaitable<void> fail_after(Clock& clock, std::chrono::seconds time) {
  co_await clock.sleep_for(time);
  throw std::runtime_error("failed");
}

struct Race {
  boost::asio::io_context io{};
  testing::FakeClock clock{};
  boost::asio::cancellation_signal cancel{};
  bool ended = false;
  std::exception_ptr failure{};

  void start(awaitable<void> a, awaitable<void> b) {
    boost::asio::co_spawn(io, race(std::move(a), std::move(b)),
                          boost::asio::bind_cancellation_slot(cancel.slot(), [this](auto e) {
                            ended = true;
                            failure = e;
                          }));
    io.poll();
  }
};

}  // namespace

TEST_CASE("a race ends with the first and cancels the other", "[component][control]") {
  Race r;
  r.start(r.clock.sleep_for(1s), r.clock.sleep_for(1h));
  CHECK_FALSE(r.ended);
  r.clock.advance(r.io, 1s);
  CHECK(r.ended);
  CHECK_FALSE(r.failure);
  CHECK(r.clock.sleepers() == 0);
}

TEST_CASE("what the first throws goes on", "[component][control]") {
  Race r;
  r.start(r.clock.sleep_for(1h), fail_after(r.clock, 1s));
  r.clock.advance(r.io, 1s);
  REQUIRE(r.ended);
  CHECK_THROWS_WITH(std::rethrow_exception(r.failure), "failed");
}

TEST_CASE("cancelling a race, even a nested one, unwinds as cancellation", "[component][control]") {
  Race r;
  r.start(race(r.clock.sleep_for(1h), r.clock.sleep_for(2h)), r.clock.sleep_for(3h));
  r.cancel.emit(boost::asio::cancellation_type::terminal);
  r.io.restart();
  r.io.poll();
  REQUIRE(r.ended);
  REQUIRE(r.failure);
  try {
    std::rethrow_exception(r.failure);
  } catch (const boost::system::system_error& e) {
    CHECK(e.code() == boost::asio::error::operation_aborted);
  }
}

}  // namespace longshore
