#include "agent/standalone/shape.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/standalone/task_definition_shape.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

std::string mistake_in(const json& definition) {
  return find_mistake(task_definition_shape(), definition).value_or("");
}

json with_container(json container) {
  return {{"family", "web"}, {"containerDefinitions", json::array({std::move(container)})}};
}

TEST_CASE("a misspelt member is named with its path and the name it was meant to be",
          "[unit][standalone]") {
  CHECK(
      mistake_in(with_container({{"name", "a"}, {"image", "b"}, {"enviroment", json::array()}})) ==
      "containerDefinitions[0].enviroment: no such member; did you mean environment?");
  CHECK(mistake_in({{"Family", "web"}}) == "Family: no such member; did you mean family?");
  CHECK(mistake_in({{"family", "x"}, {"zzzzzzzzzz", 1}}) == "zzzzzzzzzz: no such member");
}

TEST_CASE("a wrong type is named with what was expected and what came", "[unit][standalone]") {
  CHECK(mistake_in(with_container({{"name", "a"}, {"image", "b"}, {"cpu", "10"}})) ==
        "containerDefinitions[0].cpu: expected a whole number, got a string");
  CHECK(mistake_in(with_container({{"name", "a"}, {"image", "b"}, {"cpu", 0.5}})) ==
        "containerDefinitions[0].cpu: expected a whole number, got a fraction");
  CHECK(mistake_in(with_container({{"name", "a"}, {"image", "b"}, {"essential", 1}})) ==
        "containerDefinitions[0].essential: expected true or false, got a whole number");
  CHECK(mistake_in({{"family", "x"}, {"containerDefinitions", json::object()}}) ==
        "containerDefinitions: expected a list, got an object");
  CHECK(mistake_in(with_container({{"name", "a"}, {"image", "b"}, {"dockerLabels", {{"k", 1}}}})) ==
        "containerDefinitions[0].dockerLabels.k: expected a string, got a whole number");
}

TEST_CASE("required members, choices and ranges are checked", "[unit][standalone]") {
  CHECK(mistake_in(with_container({{"name", "a"}})) ==
        "containerDefinitions[0].image: required, but missing");
  CHECK(mistake_in({{"family", "x"}, {"containerDefinitions", json::array()}}) ==
        "containerDefinitions: needs at least 1 item(s)");
  CHECK(mistake_in({{"family", "x"}, {"networkMode", "brige"}}) ==
        "networkMode: \"brige\" is not one of: bridge, host, none, awsvpc");
  CHECK(mistake_in(with_container(
            {{"name", "a"}, {"image", "b"}, {"portMappings", {{{"containerPort", 70000}}}}})) ==
        "containerDefinitions[0].portMappings[0].containerPort: 70000 is outside 0..65535");
  CHECK(
      mistake_in(with_container({{"name", "a"}, {"image", "b"}, {"cpu", 18446744073709551615ULL}}))
          .starts_with("containerDefinitions[0].cpu: 18446744073709551615 is outside"));
}

TEST_CASE("what a payload cannot carry is refused with the reason", "[unit][standalone]") {
  CHECK(mistake_in({{"family", "x"}, {"ephemeralStorage", {{"sizeInGiB", 21}}}}) ==
        "ephemeralStorage: works on Fargate only, which this control plane is not");
  CHECK(mistake_in({{"family", "x"}, {"revision", 3}}) == "revision: set by ECS; leave it out");
  CHECK(mistake_in({{"family", "x"}, {"placementConstraints", {{{"type", "memberOf"}}}}}) ==
        "placementConstraints: must be empty on this control plane");
}

TEST_CASE("an open shape ignores members it does not know", "[unit][standalone]") {
  static constexpr Member kMembers[] = {{"known", &kWhole}};
  const Shape open = open_object_shape(kMembers);
  CHECK_FALSE(find_mistake(open, {{"known", 1}, {"new", true}}));
  CHECK(find_mistake(open, {{"known", "x"}}));
  CHECK(find_mistake(kOff, true) == "request: not available on this control plane");
  CHECK_FALSE(find_mistake(kOff, false));
}

}  // namespace
}  // namespace longshore::standalone
