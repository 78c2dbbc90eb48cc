#include "agent/app/engine_facts.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::app {
namespace {

const runtime::RuntimeInfo kEngine{.version = "20.10.24+dfsg1",
                                   .api_version = "1.41",
                                   .min_api_version = "1.12",
                                   .cgroup_version = 2,
                                   .cgroup_driver = "systemd",
                                   .volume_drivers = {"local", "rexray/ebs:latest"}};

}  // namespace

TEST_CASE("what is remembered of an engine is what it said", "[unit][app]") {
  const auto read = parse_engine_facts(to_text(kEngine));
  REQUIRE(read);
  CHECK(*read == kEngine);
}

TEST_CASE("a memory of an engine that is not whole is none", "[unit][app]") {
  const std::string whole = to_text(kEngine);
  const std::string text =
      GENERATE_COPY(as<std::string>{}, "", "[]", "{}", whole.substr(0, whole.size() / 2),
                    R"({"version":1,"apiVersion":"","minApiVersion":"","cgroupVersion":1})");
  CAPTURE(text);
  const auto read = parse_engine_facts(text);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::InvalidInput);
}

}  // namespace longshore::app
