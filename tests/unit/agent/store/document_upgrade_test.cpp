#include "agent/store/document_upgrade.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/store/task_document.hpp"

namespace longshore::store {
namespace {

using nlohmann::json;

/// As the first version wrote it: a task on its way, with a port, a mount and a report to come.
constexpr const char* kSchema1 = R"({
  "schema": 1, "stopRequested": false, "resources": "ready", "reason": "", "reported": "PENDING",
  "stopAccepted": false, "cleanup": "none", "pullStartedAt": 1732180500123, "pullStoppedAt": null,
  "executionStoppedAt": null, "stoppedAt": null,
  "unreported": [{"name": "web", "status": "RUNNING", "runtimeId": "ab12", "digest": "",
                  "exitCode": null, "reason": "",
                  "bindings": [{"ip": "0.0.0.0", "container": 80, "host": 8080,
                                "protocol": "tcp"}]}],
  "containers": [{"phase": "running", "stopRequested": false, "startTimedOut": false,
                  "runtimeName": "ecs-shop-3-web-0f", "endpointId": "e-1", "runtimeId": "ab12",
                  "digest": "", "exitCode": null, "reason": "", "softReason": "",
                  "bindings": [{"ip": "0.0.0.0", "container": 80, "host": 8080,
                                "protocol": "tcp"}],
                  "health": "unknown", "startedAt": 1732180501000}],
  "spec": {"arn": "arn:aws:ecs:us-west-2:123456789012:task/bench/0f1e", "family": "shop",
           "version": "3", "cpu": 0.25, "memory": 64, "networkMode": "bridge", "pidMode": "",
           "ipcMode": "", "taskRole": "", "executionRole": "",
           "containers": [{"name": "web", "image": "shop:3", "essential": true, "cpu": 10,
                           "memory": 32, "command": null, "entryPoint": null,
                           "environment": {"A": "1"},
                           "ports": [{"container": 80, "host": 8080, "protocol": "tcp"}],
                           "mounts": [{"source": "/srv", "path": "/d", "readOnly": true}],
                           "volumesFrom": [], "links": [], "dependsOn": [], "stopTimeout": 2,
                           "startTimeout": null, "healthCheck": false, "config": "",
                           "hostConfig": "{}", "apiVersion": "1.17"}]}})";

core::TaskState parsed(const json& document) {
  auto task = parse_task(document.dump());
  REQUIRE(task);
  return *std::move(task);
}

}  // namespace

TEST_CASE("a task written before volumes, admission and restarts is still read", "[unit][store]") {
  const core::TaskState task = parsed(json::parse(kSchema1));
  const core::NetworkBinding binding{.bind_ip = "0.0.0.0", .container_port = 80, .host_port = 8080};
  REQUIRE(task.containers.size() == 1);
  CHECK(task.containers[0].phase == core::Phase::Running);
  CHECK(task.containers[0].network_bindings == std::vector<core::NetworkBinding>{binding});
  CHECK_FALSE(task.containers[0].restarting);
  CHECK(task.containers[0].restart_count == 0);
  CHECK(task.unreported[0].network_bindings == std::vector<core::NetworkBinding>{binding});
  CHECK(task.admitted);
  CHECK(task.arrival == 0);
  CHECK(task.volume_names.empty());

  const core::ContainerSpec expected{
      .name = ContainerName("web"),
      .image = "shop:3",
      .essential = true,
      .cpu_units = 10,
      .memory_mib = 32,
      .environment = {{"A", "1"}},
      .ports = {{.container_port = 80, .host_port = 8080}},
      .mounts = {{.source = "/srv", .container_path = "/d", .read_only = true}},
      .stop_timeout = std::chrono::seconds(2),
      .host_config_patch = "{}",
      .min_api_version = "1.17"};
  CHECK(task.spec->containers == std::vector<core::ContainerSpec>{expected});
  CHECK(task.spec->volumes.empty());
  CHECK(task.spec->memory_mib == 64);
}

TEST_CASE("a task is written back in the present schema", "[unit][store]") {
  const json rewritten = json::parse(to_document(parsed(json::parse(kSchema1))));
  CHECK(rewritten["schema"] == kDocumentSchema);
  CHECK(rewritten["spec"]["volumes"] == json::array());
}

TEST_CASE("an old task was admitted when anything was begun", "[unit][store]") {
  json untouched = json::parse(kSchema1);
  untouched["containers"][0]["phase"] = "waiting";
  untouched["resources"] = "none";
  CHECK_FALSE(parsed(untouched).admitted);
  json with_cgroup = untouched;
  with_cgroup["resources"] = "creating";
  CHECK(parsed(with_cgroup).admitted);
  json with_container = untouched;
  with_container["containers"][0]["phase"] = "resolving";
  CHECK(parsed(with_container).admitted);
}

TEST_CASE("what a present document says is left as it is", "[unit][store]") {
  json document = json::parse(to_document(parsed(json::parse(kSchema1))));
  document["admitted"] = false;
  CHECK_FALSE(parsed(document).admitted);
}

TEST_CASE("a broken old document is refused by what is broken in it", "[unit][store]") {
  json document = json::parse(kSchema1);
  for (const char* part : {"/spec", "/containers", "/containers/0", "/spec/containers/0",
                           "/spec/containers/0/mounts/0", "/resources"}) {
    for (const json& nonsense : {json(), json(7), json("x"), json{{"a", 1}}, json::array({7})}) {
      INFO(part << ": " << nonsense);
      json broken = document;
      broken[json::json_pointer(part)] = nonsense;
      const auto task = parse_task(broken.dump());
      REQUIRE_FALSE(task);
      CHECK(task.error().code == ErrorCode::InvalidInput);
    }
  }
}

}  // namespace longshore::store
