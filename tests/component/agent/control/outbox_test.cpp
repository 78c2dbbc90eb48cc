#include "agent/control/outbox.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "tests/support/run_on.hpp"

namespace longshore::control {

TEST_CASE("answers that a server does not read are dropped beyond a bound",
          "[component][control]") {
  boost::asio::io_context io;
  Outbox outbox;
  std::size_t kept = 0;
  std::string frame;
  SECTION("of their number") {
    frame = "small";
    kept = Outbox::kMaxFrames;
  }
  SECTION("of their size") {
    frame = std::string(Outbox::kMaxBytes / 4, 'x');
    kept = 4;
  }
  // Twice: what was read makes room.
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < kept; ++i) outbox.push(frame);
    outbox.push("too many" + frame);
    for (std::size_t i = 0; i < kept; ++i) CHECK(testing::run_on(io, outbox.next()) == frame);
  }
  outbox.push("last");
  CHECK(testing::run_on(io, outbox.next()) == "last");
}

}  // namespace longshore::control
