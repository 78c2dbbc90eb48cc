#include "agent/standalone/container_rules.hpp"

#include "agent/standalone/task_definition_rules.hpp"
#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

std::string mistake_in(const json& definition) {
  const auto checked = check_task_definition(definition);
  return checked ? "" : checked.error().message;
}

/// web_definition() with members of its container (or, for "task", of itself) replaced.
json changed(const json& container, const json& task = json::object()) {
  json definition = web_definition();
  definition["containerDefinitions"][0].update(container);
  definition.update(task);
  return definition;
}

json two_containers(const json& first, const json& second) {
  json definition = changed(first);
  json other = {{"name", "side"}, {"image", "busybox"}, {"memory", 32}};
  other.update(second);
  definition["containerDefinitions"].push_back(other);
  return definition;
}

TEST_CASE("a small task definition is accepted and gets ECS's defaults", "[unit][standalone]") {
  const auto checked = check_task_definition(web_definition());
  REQUIRE(checked);
  const json& container = (*checked)["containerDefinitions"][0];
  CHECK(container["essential"] == true);
  CHECK(container["cpu"] == 0);
  CHECK(container["portMappings"] == json::array());
  CHECK((*checked)["volumes"] == json::array());
}

TEST_CASE("null members count as absent", "[unit][standalone]") {
  CHECK(mistake_in(changed({{"command", nullptr}}, {{"cpu", nullptr}})).empty());
}

TEST_CASE("memory is required somewhere and must make sense", "[unit][standalone]") {
  const json none = {{"memory", nullptr}};
  CHECK(mistake_in(changed(none)) ==
        "containerDefinitions[0]: memory, memoryReservation or the task's memory is required");
  CHECK(mistake_in(changed(none, {{"memory", "128"}})).empty());
  CHECK(mistake_in(changed({{"memory", 5}})) ==
        "containerDefinitions[0].memory: must be at least 6 (MiB)");
  CHECK(mistake_in(changed({{"memoryReservation", 65}})) ==
        "containerDefinitions[0].memoryReservation: 65 is more than memory (64)");
  CHECK(mistake_in(changed(json::object(), {{"memory", "32"}})) ==
        "memory: container \"web\" asks for 64 MiB, more than the task's 32");
  json pair = two_containers(json::object(), json::object());
  pair["memory"] = "80";
  CHECK(mistake_in(pair) == "memory: the containers ask for 96 MiB together, the task has 80");
}

TEST_CASE("ports fit the network mode", "[unit][standalone]") {
  const auto ports = [](const json& mapping) { return json{{"portMappings", {mapping}}}; };
  CHECK(mistake_in(changed(ports({{"containerPort", 80}}))).empty());
  CHECK(mistake_in(changed(ports({{"containerPort", 80}}), {{"networkMode", "none"}})) ==
        "containerDefinitions[0].portMappings[0]: a task with networkMode none has no ports");
  CHECK(mistake_in(
            changed(ports({{"containerPort", 80}, {"hostPort", 81}}), {{"networkMode", "host"}})) ==
        "containerDefinitions[0].portMappings[0].hostPort: must be 80 (containerPort) with "
        "networkMode host");
  CHECK(mistake_in(changed(ports({{"containerPortRange", "9000-8000"}}))) ==
        "containerDefinitions[0].portMappings[0].containerPortRange: expected \"LOW-HIGH\" within "
        "1-65535");
  CHECK(mistake_in(changed(ports({{"containerPort", 1}, {"containerPortRange", "1-2"}}))) ==
        "containerDefinitions[0].portMappings[0]: exactly one of containerPort and "
        "containerPortRange is required");
}

TEST_CASE("what containers say about each other must hold", "[unit][standalone]") {
  const auto depends = [](const char* on, const char* condition) {
    return json{{"dependsOn", {{{"containerName", on}, {"condition", condition}}}}};
  };
  CHECK(mistake_in(two_containers(depends("side", "START"), json::object())).empty());
  CHECK(mistake_in(two_containers(depends("sid", "START"), json::object())) ==
        "containerDefinitions[0].dependsOn[0].containerName: no container \"sid\"");
  CHECK(mistake_in(two_containers(depends("side", "HEALTHY"), json::object())) ==
        "containerDefinitions[0].dependsOn[0].condition: HEALTHY needs a healthCheck in container "
        "side");
  CHECK(mistake_in(two_containers(depends("side", "SUCCESS"), json::object()))
            .find("\"essential\": false") != std::string::npos);
  CHECK(mistake_in(two_containers(depends("side", "SUCCESS"), {{"essential", false}})).empty());
  CHECK(mistake_in(two_containers(depends("side", "START"), depends("web", "START"))) ==
        "containerDefinitions: dependsOn goes in a circle through \"side\"");
  CHECK(mistake_in(two_containers({{"links", {"nobody:x"}}}, json::object())) ==
        "containerDefinitions[0].links[0]: no other container \"nobody\"");
  CHECK(mistake_in(
            two_containers({{"volumesFrom", {{{"sourceContainer", "web"}}}}}, json::object())) ==
        "containerDefinitions[0].volumesFrom[0].sourceContainer: no other container \"web\"");
  CHECK(mistake_in(two_containers(json::object(), {{"name", "web"}})) ==
        "containerDefinitions[1].name: \"web\" is used twice");
}

TEST_CASE("rules of single members are named", "[unit][standalone]") {
  CHECK(mistake_in(changed({{"name", "a b"}})) ==
        "containerDefinitions[0].name: expected 1..255 letters, digits, hyphens and underscores");
  CHECK(mistake_in(changed({{"essential", false}})) ==
        "containerDefinitions: at least one container must be essential");
  CHECK(mistake_in(changed({{"healthCheck", {{"command", {"true"}}}}})) ==
        "containerDefinitions[0].healthCheck.command[0]: expected CMD, CMD-SHELL or NONE");
  CHECK(
      mistake_in(changed({{"mountPoints", {{{"sourceVolume", "v"}, {"containerPath", "/v"}}}}})) ==
      "containerDefinitions[0].mountPoints[0].sourceVolume: no volume \"v\"");
  CHECK(mistake_in(changed({{"secrets", {{{"name", "K"}, {"valueFrom", "k"}}}}})) ==
        "containerDefinitions[0].secrets: needs executionRoleArn");
  CHECK(mistake_in(
            changed({{"ulimits", {{{"name", "nofile"}, {"softLimit", 2}, {"hardLimit", 1}}}}})) ==
        "containerDefinitions[0].ulimits[0].softLimit: above hardLimit");
  CHECK(mistake_in(changed(json::object(), {{"networkMode", "awsvpc"}})) ==
        "networkMode: awsvpc needs ENIs of AWS; accepted here: bridge, host, none");
  CHECK(mistake_in(changed(json::object(), {{"requiresCompatibilities", {"FARGATE"}}})) ==
        "requiresCompatibilities: must include EC2 or EXTERNAL");
  CHECK(mistake_in(changed(json::object(), {{"family", "a/b"}})) ==
        "family: expected 1..255 letters, digits, hyphens and underscores");
  CHECK(mistake_in(changed(json::object(), {{"cpu", "lots"}})) ==
        "cpu: expected units (\"256\") or vCPUs (\"0.25 vCPU\")");
}

}  // namespace
}  // namespace longshore::standalone
