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
        "1-65535, got \"9000-8000\"");
  CHECK(mistake_in(changed(ports({{"containerPort", 1}, {"containerPortRange", "1-2"}}))) ==
        "containerDefinitions[0].portMappings[0]: exactly one of containerPort and "
        "containerPortRange is required");
}

TEST_CASE("a range of ports stands by itself", "[unit][standalone]") {
  const auto mistake = [](const json& mappings, const json& task = json::object()) {
    return mistake_in(changed({{"portMappings", mappings}}, task));
  };
  const std::string at = "containerDefinitions[0].portMappings";
  CHECK(mistake({{{"containerPortRange", "9000-9004"}}, {{"containerPort", 9005}}}).empty());
  CHECK(mistake({{{"containerPortRange", "1-2"}, {"hostPort", 0}}}).empty());
  for (const char* range : {"9000", "9000-9000", "0-9", "1-65536", "a-b", "1-2-3"}) {
    CHECK(mistake({{{"containerPortRange", range}}}) ==
          at + "[0].containerPortRange: expected \"LOW-HIGH\" within 1-65535, got \"" + range +
              "\"");
  }
  CHECK(mistake({{{"containerPortRange", "1-2"}, {"hostPort", 80}}}) ==
        at + "[0].hostPort: 80 is not accepted with containerPortRange; the agent picks the ports");
  CHECK(mistake({{{"containerPortRange", "1-2"}}}, {{"networkMode", "host"}}) ==
        at + "[0].containerPortRange: needs networkMode bridge, the task has host");
  CHECK(mistake({{{"containerPortRange", "1-4"}}, {{"containerPort", 4}}}) ==
        at + "[1]: its ports overlap those of " + at + "[0]");
  CHECK(
      mistake({{{"containerPort", 9}}, {{"containerPort", 4}}, {{"containerPortRange", "1-4"}}}) ==
      at + "[2]: its ports overlap those of " + at + "[1]");
  CHECK(mistake({{{"containerPortRange", "1-4"}}, {{"containerPort", 4}, {"protocol", "udp"}}})
            .empty());
  CHECK(mistake({{{"containerPort", 80}}, {{"containerPort", 80}, {"hostPort", 8080}}}).empty());
}

TEST_CASE("a restart policy keeps to ECS's bounds", "[unit][standalone]") {
  const auto mistake = [](const json& policy) {
    return mistake_in(changed({{"restartPolicy", policy}}));
  };
  const std::string at = "containerDefinitions[0].restartPolicy";
  CHECK(mistake({{"enabled", true}, {"ignoredExitCodes", {0, 143}}, {"restartAttemptPeriod", 60}})
            .empty());
  CHECK(mistake(json::object()).starts_with(at + ".enabled: "));
  CHECK(mistake({{"enabled", true}, {"restartAttemptPeriod", 59}})
            .starts_with(at + ".restartAttemptPeriod: "));
  CHECK(mistake({{"enabled", true}, {"restartAttemptPeriod", 1801}})
            .starts_with(at + ".restartAttemptPeriod: "));
  CHECK(mistake({{"enabled", true}, {"ignoredExitCodes", {"0"}}})
            .starts_with(at + ".ignoredExitCodes[0]: "));
  CHECK(mistake({{"enabled", true}, {"ignoredExitCodes", json::array_t(51, 1)}})
            .starts_with(at + ".ignoredExitCodes: "));
}

TEST_CASE("volumes and namespaces are of the kinds that ECS has", "[unit][standalone]") {
  const auto volume = [](const json& docker) {
    return mistake_in(changed(
        json::object(), {{"volumes", {{{"name", "v"}, {"dockerVolumeConfiguration", docker}}}}}));
  };
  const std::string at = "volumes[0].dockerVolumeConfiguration";
  CHECK(volume({{"scope", "task"}, {"driver", "local"}, {"driverOpts", {{"type", "tmpfs"}}}})
            .empty());
  CHECK(volume({{"scope", "shared"}, {"autoprovision", true}, {"labels", {{"a", "b"}}}}).empty());
  CHECK(volume({{"scope", "task"}, {"autoprovision", false}}).empty());
  for (const json& docker :
       {json{{"scope", "task"}, {"autoprovision", true}}, json{{"autoprovision", true}}}) {
    CHECK(volume(docker) == at + ".autoprovision: true needs scope \"shared\"; a volume of scope "
                                 "\"task\" is always made with its task");
  }
  CHECK(volume({{"scope", "host"}}) == at + ".scope: \"host\" is not one of: task, shared");
  CHECK(mistake_in(changed(json::object(), {{"volumes", {{{"name", "v"}}}}})).empty());
  CHECK(mistake_in(changed(json::object(), {{"pidMode", "task"}, {"ipcMode", "task"}})).empty());
  CHECK(mistake_in(changed(json::object(), {{"pidMode", "none"}})) ==
        "pidMode: \"none\" is not one of: host, task");
  CHECK(mistake_in(changed(json::object(), {{"ipcMode", "shared"}})) ==
        "ipcMode: \"shared\" is not one of: host, task, none");
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
