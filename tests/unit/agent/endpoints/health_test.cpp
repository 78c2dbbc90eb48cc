#include "agent/endpoints/health.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::endpoints {
namespace {

Health well() {
  return {.registered = true,
          .connected = true,
          .heard_age = 3,
          .heartbeat_age = 42,
          .engine_answer_age = 4,
          .comparison_age = 29,
          .unsent_reports = 2,
          .free_bytes = 5U << 20U};
}

std::string only_problem(const Health& health) {
  const auto problems = problems_of(health);
  REQUIRE(problems.size() == 1);
  return problems[0];
}

TEST_CASE("an agent that hears, sees and saves is healthy", "[unit][endpoints]") {
  CHECK(problems_of(well()).empty());
  CHECK(health_text(well()) ==
        "healthy\n"
        "control plane: connected, last heartbeat 42 s ago\n"
        "container engine: answers, last answer 4 s ago; compared 29 s ago\n"
        "reports not sent: 2\n"
        "disk: state saved, 5 MiB free\n");
}

TEST_CASE("a connection that is made anew in good time is no problem", "[unit][endpoints]") {
  Health health = well();
  health.connected = false;
  CHECK(problems_of(health).empty());
}

TEST_CASE("each trouble is told with what can be done", "[unit][endpoints]") {
  Health health = well();
  SECTION("not joined") {
    health.registered = false;
    health.cut_off = true;
    CHECK(only_problem(health).starts_with("this host has not joined its cluster yet"));
  }
  SECTION("no member") {
    health.instance_inactive = true;
    CHECK(only_problem(health).find("register it anew") != std::string::npos);
  }
  SECTION("cut off") {
    health.cut_off = true;
    health.heard_age = 130;
    CHECK(only_problem(health).starts_with("nothing was heard from the control plane for 130 s"));
  }
  SECTION("no engine") {
    health.engine_answers = false;
    health.engine_answer_age = 25;
    health.engine_error = "connect: refused";
    health.comparison_age = 1000;
    CHECK(only_problem(health).starts_with(
        "the container engine has not answered for 25 s (connect: refused)"));
  }
  SECTION("not compared") {
    health.comparison_age = 91;
    CHECK(only_problem(health).starts_with("the tasks were not compared"));
  }
  SECTION("not saved") {
    health.save_error = "database or disk is full";
    CHECK(only_problem(health).ends_with("no new work is taken: database or disk is full"));
    CHECK(health_text(health).find("disk: state not saved\n") != std::string::npos);
  }
  CHECK(write_health(health).starts_with(R"({"Healthy":false,"Problems":[")"));
}

TEST_CASE("health comes back as it was written", "[unit][endpoints]") {
  Health health = well();
  CHECK(read_health(write_health(health)) == health);
  health = {.engine_answers = false, .engine_error = "\"x\"\n", .save_error = "full"};
  CHECK(read_health(write_health(health)) == health);
  CHECK_FALSE(read_health("{}"));
  CHECK_FALSE(read_health("[]"));
}

TEST_CASE("what others wrote cannot move a terminal's cursor", "[unit][endpoints]") {
  Health health = well();
  health.engine_answers = false;
  health.engine_error = "\x1b[2J";
  CHECK(health_text(health).find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace longshore::endpoints
