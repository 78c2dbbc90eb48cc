#include "config/yaml_file.hpp"

#include <catch2/catch.hpp>

using namespace longshore::config;
using nlohmann::json;

namespace {

std::string only_error(const std::string& text) {
  const auto file = parse_yaml(text);
  CAPTURE(text);
  REQUIRE(file.errors.size() == 1);
  return file.errors.front();
}

}  // namespace

TEST_CASE("a comma outside of a list is refused, and not read for ever", "[unit][config]") {
  for (const char* text : {",", ", a", ",\ncluster: a", ", ]\n: a\n--- \nx"}) {
    const YamlFile file = parse_yaml(text);
    INFO(text);
    CHECK(file.entries.empty());
    CHECK(file.errors == std::vector<std::string>{"line 1: expected one document"});
  }
}

TEST_CASE("a longshore.yaml gives settings by their paths, with lines", "[unit][config]") {
  const auto file = parse_yaml(
      "cluster: edge\n"
      "docker:\n"
      "  host: unix:///run/docker.sock\n"
      "reserved:\n"
      "  ports_tcp: [22, '80']\n"
      "instance:\n"
      "  attributes: {rack: 1}\n"
      "timeouts:\n"
      "region:\n");
  CHECK(file.errors.empty());
  REQUIRE(file.entries.size() == 5);
  CHECK(file.entries[0].name == "cluster");
  CHECK(file.entries[0].value == "edge");
  CHECK(file.entries[0].line == 1);
  CHECK(file.entries[1].name == "docker.host");
  CHECK(file.entries[1].line == 3);
  CHECK(file.entries[2].value == json::array({22, "80"}));
  CHECK(file.entries[3].value == json{{"rack", "1"}});
  CHECK(file.entries[4].value.is_null());
}

TEST_CASE("an empty longshore.yaml is fine", "[unit][config]") {
  for (const char* text : {"", "# nothing\n", "---\n", "{}\n"}) {
    CHECK(parse_yaml(text).errors.empty());
    CHECK(parse_yaml(text).entries.empty());
  }
}

TEST_CASE("a key nobody knows is an error with its line", "[unit][config]") {
  CHECK(only_error("cluster: x\ndocker:\n  hosts: y\n") ==
        "line 3: docker.hosts: unknown key; did you mean docker.host?");
  CHECK(only_error("entirely_different: 1\n") == "line 1: entirely_different: unknown key");
  CHECK(only_error("[a]: 1\n") == "line 1: ?: unknown key");
}

TEST_CASE("what does not have the shape of settings is an error", "[unit][config]") {
  CHECK(only_error("cluster: a\ncluster: b\n") == "line 2: cluster: given twice");
  CHECK(only_error("docker: unix:///x\n") == "line 1: docker: expected a map");
  CHECK(only_error("- a\n") == "line 1: expected a map of settings");
  CHECK(only_error("just text\n") == "line 1: expected a map of settings");
  CHECK(only_error("a: 1\n---\nb: 2\n").find("expected one document") != std::string::npos);
  CHECK(only_error("reserved:\n  ports_tcp: [[1]]\n") ==
        "line 2: reserved.ports_tcp: expected a value, a list of values or a map of values");
  CHECK(only_error("cluster: {a: {b: c}}\n").find("line 1: cluster: expected") == 0);
}

TEST_CASE("broken YAML is an error with its line", "[unit][config]") {
  CHECK(only_error("cluster: x\n  bad: [\n").find("line ") == 0);
  CHECK(only_error("a: b: c\n").find("line 1: ") == 0);
  CHECK(only_error("cluster: *nowhere\n").find("line 1: ") == 0);
}

TEST_CASE("a document that contains itself ends in an error", "[unit][config]") {
  CHECK_FALSE(parse_yaml("docker: &d\n  host: *d\n").errors.empty());
}
