#include "config/print.hpp"

#include <catch2/catch.hpp>

using namespace longshore::config;

namespace {

LoadedConfig example() {
  LoadedConfig loaded;
  loaded.origins = {
      {.name = "cluster", .variable = "ECS_CLUSTER", .value = "edge", .origin = "environment"},
      {.name = "reserved.ports_udp", .variable = "ECS_X", .value = {1, 2}, .origin = "default"},
      {.name = "log.file", .value = "", .origin = "default"},
      {.name = "a", .value = "two\nlines", .origin = "default"}};
  return loaded;
}

}  // namespace

TEST_CASE("settings are printed as an aligned table", "[unit][config]") {
  CHECK(print_settings(example()) ==
        "SETTING             VALUE         ORIGIN\n"
        "cluster             edge          environment\n"
        "reserved.ports_udp  [1,2]         default\n"
        "log.file            -             default\n"
        "a                   \"two\\nlines\"  default\n");
}

TEST_CASE("one long value does not widen the whole table", "[unit][config]") {
  LoadedConfig loaded;
  loaded.origins = {{.name = "a", .value = std::string(200, 'x'), .origin = "default"},
                    {.name = "b", .value = "y", .origin = "default"}};
  CHECK(print_settings(loaded).find("b        y" + std::string(43, ' ') + "  default\n") !=
        std::string::npos);
}

TEST_CASE("settings are printed as JSON with their types", "[unit][config]") {
  const auto printed = nlohmann::json::parse(print_settings_json(example()));
  REQUIRE(printed.size() == 4);
  CHECK(printed[0] == nlohmann::json{{"name", "cluster"},
                                     {"variable", "ECS_CLUSTER"},
                                     {"value", "edge"},
                                     {"origin", "environment"}});
  CHECK(printed[1].at("value") == nlohmann::json{1, 2});
  CHECK_FALSE(printed[2].contains("variable"));
}
