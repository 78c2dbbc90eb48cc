#include "config/known_names.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "config/setting.hpp"

using namespace longshore::config;

TEST_CASE("no official name is both acted on and not", "[unit][config]") {
  std::set<std::string_view> variables;
  std::set<std::string_view> keys;
  for (const Setting& setting : settings()) {
    if (!setting.variable.empty()) CHECK(variables.insert(setting.variable).second);
    if (!setting.json_key.empty()) CHECK(keys.insert(setting.json_key).second);
  }
  for (const UnimplementedName& name : unimplemented_names()) {
    CAPTURE(name.variable, name.json_key);
    CHECK_FALSE((name.variable.empty() && name.json_key.empty()));
    if (!name.variable.empty()) CHECK(variables.insert(name.variable).second);
    if (!name.json_key.empty()) CHECK(keys.insert(name.json_key).second);
  }
}

TEST_CASE("a misspelt name is likened to the nearest known one", "[unit][config]") {
  CHECK(nearest_variable("ECS_CLUSTERS") == "ECS_CLUSTER");
  CHECK(nearest_variable("ECS_LOG_LEVEL") == "ECS_LOGLEVEL");
  CHECK(nearest_variable("ecs_checkpoint") == "ECS_CHECKPOINT");
  CHECK(nearest_variable("ECS_SOMETHING_ELSE_ENTIRELY").empty());
  CHECK(nearest_variable(std::string(1000, 'E')).empty());
  CHECK(nearest_json_key("AWSVPCBlockInstanceMetadata") == "AWSVPCBlockInstanceMetdata");
  CHECK(nearest_setting_name("timeout.stop") == "timeouts.stop");
}

TEST_CASE("asking for what happens anyway is harmless", "[unit][config]") {
  const UnimplementedName off{"X", "", "false"};
  for (const char* text : {"", " ", "[]", " {} ", "false", "False", "0", "F", " f "})
    CHECK(is_harmless(off, text));
  for (const char* text : {"true", "1", "no"}) CHECK_FALSE(is_harmless(off, text));
  CHECK(is_harmless({"X", "", "40,60"}, "40,60"));
  CHECK_FALSE(is_harmless({"X", "", "40,60"}, "41,60"));
  CHECK(is_harmless({"X", "", "none"}, "None"));
  CHECK_FALSE(is_harmless({"X", "", ""}, "anything"));
}
