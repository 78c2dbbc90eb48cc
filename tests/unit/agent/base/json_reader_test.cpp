#include "agent/base/json_reader.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace longshore;
using namespace std::string_view_literals;

namespace {

/// The error of reading `text`, or "read".
template <typename Read>
std::string error_of(std::string_view text, Read read) {
  const auto result = read_json(text, [&](JsonReader r) {
    read(r);
    return true;
  });
  if (result) return "read";
  CHECK(result.error().code == ErrorCode::InvalidInput);
  return result.error().message;
}

}  // namespace

TEST_CASE("members are read by name in any case, the exact name first", "[unit][base]") {
  const auto value =
      read_json(R"({"TaskArn":"other","taskArn":"exact","CPU":3})"sv,
                [](JsonReader r) { return std::pair(r.string("taskArn"), r.integer("cpu")); });
  REQUIRE(value);
  CHECK(value->first == "exact");
  CHECK(value->second == 3);
}

TEST_CASE("absent and null members are nullopt, lists are empty", "[unit][base]") {
  CHECK(error_of(R"({"a":null})", [](JsonReader r) {
          CHECK(!r.string("a"));
          CHECK(!r.integer("b"));
          CHECK(!r.number("b"));
          CHECK(!r.boolean("a"));
          CHECK(r.list("a").empty());
          CHECK(r.strings("b").empty());
        }) == "read");
}

TEST_CASE("every kind of value is read as what it is", "[unit][base]") {
  CHECK(error_of(R"({"s":"x","i":-7,"d":1.5,"w":2,"b":true,"l":["p","q"]})", [](JsonReader r) {
          CHECK(r.string("s") == "x");
          CHECK(r.integer("i") == -7);
          CHECK(r.number("d") == 1.5);
          CHECK(r.number("w") == 2.0);
          CHECK(r.boolean("b") == true);
          CHECK(r.strings("l") == std::vector<std::string>{"p", "q"});
          CHECK(r.members().size() == 6);
        }) == "read");
}

TEST_CASE("a null among texts is an empty one", "[unit][base]") {
  CHECK(error_of(R"({"l":["p",null,"q"]})", [](JsonReader r) {
          CHECK(r.strings("l") == std::vector<std::string>{"p", "", "q"});
        }) == "read");
}

TEST_CASE("a wrong type names its place and what was found", "[unit][base]") {
  const auto cpu_of_second = [](JsonReader r) {
    (void)r.list("tasks").at(0).list("containers").at(1).integer("cpu");
  };
  CHECK(error_of(R"({"tasks":[{"containers":[{},{"cpu":"many"}]}]})", cpu_of_second) ==
        "tasks[0].containers[1].cpu: expected a whole number, got a string");
  CHECK(error_of(R"({"tasks":[{"containers":[{},{"cpu":0.5}]}]})", cpu_of_second) ==
        "tasks[0].containers[1].cpu: expected a whole number, got 0.5");
  CHECK(error_of(R"({"tasks":{}})", cpu_of_second) == "tasks: expected a list, got an object");
  CHECK(error_of("[]", cpu_of_second) == "document: expected an object, got a list");
  CHECK(error_of(R"({"a":1})", [](JsonReader r) { (void)r.string("a"); }) ==
        "a: expected a string, got a number");
  CHECK(error_of(R"({"a":"true"})", [](JsonReader r) { (void)r.boolean("a"); }) ==
        "a: expected true or false, got a string");
  CHECK(error_of(R"({"a":[]})", [](JsonReader r) { (void)r.number("a"); }) ==
        "a: expected a number, got a list");
}

TEST_CASE("a number in place of a text, perhaps a password, is not shown", "[unit][base]") {
  const auto password = [](JsonReader r) { (void)r.string("password"); };
  CHECK(error_of(R"({"password":70911735460082})", password) ==
        "password: expected a string, got a number");
  CHECK(error_of(R"({"password":true})", password) == "password: expected a string, got true");
}

TEST_CASE("a whole number with a fraction of zero is no whole number, as for Go", "[unit][base]") {
  CHECK(error_of(R"({"a":512.0})", [](JsonReader r) { (void)r.integer("a"); }) ==
        "a: expected a whole number, got 512.0");
}

TEST_CASE("whole numbers reach to the ends of 64 bits and not beyond", "[unit][base]") {
  const auto a = [](JsonReader r) { return r.integer("a").value(); };
  CHECK(read_json(R"({"a":9223372036854775807})"sv, a) == INT64_MAX);
  CHECK(read_json(R"({"a":-9223372036854775808})"sv, a) == INT64_MIN);
  CHECK(!read_json(R"({"a":9223372036854775808})"sv, a));
  CHECK(!read_json(R"({"a":99999999999999999999})"sv, a));
}

TEST_CASE("a required member that is missing says so", "[unit][base]") {
  CHECK(error_of(R"({"a":{}})", [](JsonReader r) { (void)r.require("a").require("b"); }) ==
        "a.b: required, but missing");
}

TEST_CASE("an error does not carry the value of a string, which may be a secret", "[unit][base]") {
  CHECK(error_of(R"({"a":"hunter2"})", [](JsonReader r) {
          (void)r.integer("a");
        }).find("hunter2") == std::string::npos);
}

TEST_CASE("broken JSON names the byte", "[unit][base]") {
  const auto broken = parse_json(R"({"a": nope})");
  REQUIRE(!broken);
  CHECK(broken.error() == Error{ErrorCode::InvalidInput, "broken JSON at byte 8"});
  CHECK(!parse_json(""));
  CHECK(!parse_json("{} {}"));
}

TEST_CASE("nesting is limited", "[unit][base]") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_json(nested(60)));
  const auto deep = parse_json(nested(100'000));
  REQUIRE(!deep);
  CHECK(deep.error().message == "JSON nested deeper than 64");
}

TEST_CASE("text that is no UTF-8 is written with replacement characters", "[unit][base]") {
  CHECK(dump_json("a\xff") == "\"a\xef\xbf\xbd\"");
  CHECK(dump_json({{"a", {1, 2}}}) == R"({"a":[1,2]})");
}

TEST_CASE("no text makes the parser throw", "[unit][base]") {
  CHECK(rc::check("parse any text", [](const std::string& text) { (void)parse_json(text); }));
}
