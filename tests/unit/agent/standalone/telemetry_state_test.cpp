#include "agent/standalone/telemetry_state.hpp"

#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

json health(const std::string& arn, const char* status) {
  return {{"metadata", json::object()},
          {"timestamp", 1750000000},
          {"tasks",
           {{{"taskArn", arn},
             {"containers", {{{"containerName", "web"}, {"healthStatus", status}}}}}}}};
}

TEST_CASE("health of containers shows in their task", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  json definition = web_definition();
  definition["containerDefinitions"][0]["healthCheck"] = {{"command", {"CMD", "true"}}};
  const std::string arn = plane.run(definition);
  CHECK(plane.describe(arn)["healthStatus"] == "UNKNOWN");
  for (const char* status : {"HEALTHY", "UNHEALTHY"}) {
    CHECK(apply_telemetry(plane.state, "", "PublishHealthRequest", health(arn, status)) ==
          "AckPublishHealth");
    CHECK(plane.describe(arn)["healthStatus"] == status);
    CHECK(plane.describe(arn)["containers"][0]["healthStatus"] == status);
  }
}

TEST_CASE("the latest metrics of a task are kept", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  const std::string arn = plane.run(web_definition());
  const json metric = {{"taskArn", arn},
                       {"taskDefinitionFamily", "web"},
                       {"taskDefinitionVersion", "1"},
                       {"containerMetrics", json::array()}};
  const json metadata = {{"cluster", "default"},
                         {"containerInstance", "x"},
                         {"idle", false},
                         {"messageId", "m"},
                         {"fin", true}};
  CHECK(apply_telemetry(plane.state, "", "PublishMetricsRequest",
                        {{"metadata", metadata},
                         {"timestamp", 1750000000.5},
                         {"taskMetrics", json::array({metric})}}) == "AckPublishMetric");
  CHECK(plane.state.tasks.at(arn).metrics == metric);
}

TEST_CASE("the health of an instance is shown when asked for", "[unit][standalone]") {
  Plane plane;
  const std::string host = plane.add_host();
  CHECK(apply_telemetry(plane.state, host, "PublishInstanceStatusRequest",
                        {{"metadata", json::object()},
                         {"timestamp", 1750000000},
                         {"statuses",
                          {{{"type", "ContainerRuntime"},
                            {"status", "IMPAIRED"},
                            {"lastUpdated", 1750000000}}}}}) == "AckPublishInstanceStatus");
  const json shown =
      plane.call("DescribeContainerInstances",
                 {{"containerInstances", {host}}, {"include", {"CONTAINER_INSTANCE_HEALTH"}}});
  const json& status = shown["containerInstances"][0]["healthStatus"];
  CHECK(status["overallStatus"] == "IMPAIRED");
  CHECK(status["details"][0]["type"] == "CONTAINER_RUNTIME");
}

TEST_CASE("telemetry of the wrong shape is named", "[unit][standalone]") {
  Plane plane;
  const auto mistake = [&](const char* type, const json& message) {
    const auto applied = apply_telemetry(plane.state, "", type, message);
    REQUIRE_FALSE(applied);
    return applied.error().message;
  };
  CHECK(mistake("PublishMetricsRequest", json::object()) == "metadata: required, but missing");
  CHECK(mistake("PublishHealthRequest", health("x", "FINE")) ==
        "tasks[0].containers[0].healthStatus: \"FINE\" is not one of: HEALTHY, UNHEALTHY, UNKNOWN");
  CHECK(mistake("Hello", json::object()) == "Hello: not a message of agents");
}

}  // namespace
}  // namespace longshore::standalone
