#include "agent/standalone/faults.hpp"

#include <catch2/catch.hpp>

namespace longshore::standalone {
namespace {

using nlohmann::json;

TEST_CASE("a fault hits as many messages of its kind as it says", "[unit][standalone]") {
  FaultTable faults;
  REQUIRE(
      faults.add({{"channel", "acs"}, {"match", "AckRequest"}, {"action", "drop"}, {"times", 2}}));
  CHECK_FALSE(faults.take("api", "AckRequest"));
  CHECK_FALSE(faults.take("acs", "HeartbeatAckRequest"));
  CHECK(faults.take("acs", "AckRequest")->action == Fault::Action::Drop);
  CHECK(faults.take("acs", "AckRequest"));
  CHECK_FALSE(faults.take("acs", "AckRequest"));
}

TEST_CASE("faults happen in the order they were asked for", "[unit][standalone]") {
  FaultTable faults;
  REQUIRE(faults.add(json::array({{{"channel", "api"}, {"match", "*"}, {"action", "reset"}},
                                  {{"channel", "api"},
                                   {"match", "RunTask"},
                                   {"action", "refuse"},
                                   {"status", 400},
                                   {"code", "ThrottlingException"}}})));
  CHECK(faults.take("api", "RunTask")->action == Fault::Action::Reset);
  const auto second = faults.take("api", "RunTask");
  REQUIRE(second);
  CHECK(second->status == 400);
  CHECK(second->code == "ThrottlingException");
  CHECK(faults.size() == 0);
}

TEST_CASE("a close carries a websocket code", "[unit][standalone]") {
  FaultTable faults;
  REQUIRE(faults.add(
      {{"channel", "tcs"}, {"match", "HeartbeatMessage"}, {"action", "close"}, {"code", 1008}}));
  CHECK(faults.take("tcs", "HeartbeatMessage")->close_code == 1008);
}

TEST_CASE("faults that cannot happen are refused whole, by name", "[unit][standalone]") {
  FaultTable faults;
  const auto mistake = [&](const json& request) {
    const auto added = faults.add(request);
    return added ? std::string() : added.error().message;
  };
  CHECK(
      mistake({{"channel", "acs"}, {"match", "x"}, {"action", "explode"}}) ==
      "faults[0].action: \"explode\" is not one of: drop, delay, duplicate, refuse, close, reset");
  CHECK(mistake({{"channel", "acs"}, {"match", "x"}}) == "faults[0].action: required, but missing");
  CHECK(mistake({{"channel", "acs"}, {"match", "PayloadMessage"}, {"action", "refuse"}}) ==
        "faults[0].action: on acs, refuse goes with match \"connect\" and the others with a "
        "message's type");
  const json good = {{"channel", "api"}, {"match", "x"}, {"action", "drop"}};
  CHECK(mistake(json::array({good, 1})) == "faults[1]: expected an object, got a whole number");
  CHECK(faults.size() == 0);
}

}  // namespace
}  // namespace longshore::standalone
