#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/standalone/operations.hpp"

namespace longshore::standalone {

using nlohmann::json;

/// A control plane's state with the cluster "default", and a time that tests move.
struct Plane {
  Plane() { state.clusters["default"] = {"default", {}}; }

  ApiResult<json> try_call(const char* operation, const json& request) {
    CallContext context{.now = now, .origin = "http://127.0.0.1:51800"};
    auto answer = run_operation(state, operation, request, context);
    effects = std::move(context.effects);
    return answer;
  }
  json call(const char* operation, const json& request) {
    auto answer = try_call(operation, request);
    INFO(operation << ": " << (answer ? "" : answer.error().message));
    REQUIRE(answer);
    return *answer;
  }
  std::string refusal(const char* operation, const json& request) {
    auto answer = try_call(operation, request);
    REQUIRE_FALSE(answer);
    return answer.error().code + ": " + answer.error().message;
  }

  /// Registers a connected host with 2048 CPU units, 1024 MiB and what tasks here require.
  std::string add_host(const char* token = "host") {
    const json answer = call(
        "RegisterContainerInstance",
        {{"cluster", "default"},
         {"clientToken", token},
         {"attributes",
          {{{"name", "ecs.capability.container-ordering"}},
           {{"name", "ecs.capability.container-health-check"}},
           {{"name", "ecs.capability.task-cpu-mem-limit"}},
           {{"name", "com.amazonaws.ecs.capability.task-iam-role"}},
           {{"name", "color"}, {"value", "blue"}}}},
         {"totalResources",
          {{{"name", "CPU"}, {"type", "INTEGER"}, {"integerValue", 2048}},
           {{"name", "MEMORY"}, {"type", "INTEGER"}, {"integerValue", 1024}},
           {{"name", "PORTS"}, {"type", "STRINGSET"}, {"stringSetValue", {"22", "2375"}}},
           {{"name", "PORTS_UDP"}, {"type", "STRINGSET"}, {"stringSetValue", json::array()}}}}});
    const std::string arn = answer["containerInstance"]["containerInstanceArn"];
    state.instances.at(arn).connected = true;
    return arn;
  }

  /// RunTask of one task; its ARN.
  std::string run(const json& definition, json request = json::object()) {
    call("RegisterTaskDefinition", definition);
    request["taskDefinition"] = definition["family"];
    const json answer = call("RunTask", request);
    INFO(answer["failures"].dump());
    REQUIRE(answer["tasks"].size() == 1);
    return answer["tasks"][0]["taskArn"];
  }
  json describe(const std::string& arn) {
    return call("DescribeTasks", {{"tasks", {arn}}})["tasks"][0];
  }

  ClusterState state{Site{.region = "eu-west-1", .account = "111122223333"}, 1};
  WallTime now{std::chrono::milliseconds(1'750'000'000'125)};
  Effects effects{};
};

/// The least ECS takes: one essential container with a memory limit.
inline json web_definition() {
  return {{"family", "web"},
          {"containerDefinitions", {{{"name", "web"}, {"image", "busybox"}, {"memory", 64}}}}};
}

}  // namespace longshore::standalone
