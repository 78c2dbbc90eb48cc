#include "agent/control/capabilities.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace longshore::control {
namespace {

/// Docker Engine 20.10, default settings.
CapabilityInputs engine_20_10() {
  return {.engine_min_api_version = "1.12", .engine_api_version = "1.41"};
}

std::set<std::string> texts(const CapabilityInputs& inputs) {
  std::set<std::string> all;
  for (const auto& attribute : capability_attributes(inputs)) {
    all.insert(attribute.name + "=" + attribute.value);
  }
  return all;
}

bool has(const CapabilityInputs& inputs, const std::string& text) {
  return texts(inputs).contains(text);
}

}  // namespace

// Not in the list, because this version does not do it, and a task placed for it would fail:
// secrets (ssm, asm), registry passwords from Secrets Manager, env-files, firelens and awsfirelens,
// efs, s3-files, the task roles' credentials endpoint (task-iam-role), awslogs with the execution
// role, task ENIs, IPv6-only.
TEST_CASE("exactly what this agent does is advertised", "[unit][control]") {
  CHECK(texts(engine_20_10()) ==
        std::set<std::string>{
            // What Docker Engine 20.10 speaks; 1.26, 1.27, 1.31 and from 1.33 on have no attribute.
            "com.amazonaws.ecs.capability.docker-remote-api.1.17=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.18=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.19=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.20=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.21=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.22=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.23=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.24=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.25=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.28=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.29=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.30=",
            "com.amazonaws.ecs.capability.docker-remote-api.1.32=",
            // The drivers of ECS_AVAILABLE_LOGGING_DRIVERS' default.
            "com.amazonaws.ecs.capability.logging-driver.json-file=",
            "com.amazonaws.ecs.capability.logging-driver.none=",
            // hostConfig goes to the engine as it comes.
            "com.amazonaws.ecs.capability.privileged-container=",
            // Images of ECR, with the instance's or the execution role's keys, at any endpoint.
            "com.amazonaws.ecs.capability.ecr-auth=", "ecs.capability.execution-role-ecr-pull=",
            "ecs.capability.ecr-endpoint=",
            // Restart policies, port ranges, shared namespaces, volumes of the engine's own driver.
            "ecs.capability.pid-ipc-namespace-sharing=", "ecs.capability.container-restart-policy=",
            "ecs.capability.network.container-port-range=", "ecs.capability.docker-plugin.local=",
            // dependsOn, manifests, health checks, and limits of the task as a whole.
            "ecs.capability.container-ordering=", "ecs.capability.full-sync=",
            "ecs.capability.container-health-check=", "ecs.capability.task-cpu-mem-limit=",
            "ecs.capability.increased-task-cpu-limit=",
            // What the host is.
            "ecs.os-type=linux", "ecs.os-family=LINUX", "ecs.os-type-detailed=LINUX"});
}

TEST_CASE("nothing is advertised that the official agent does not on the same host",
          "[unit][control]") {
  std::ifstream file(std::string(LONGSHORE_TEST_DATA) + "/golden/registration.json");
  auto golden = nlohmann::json::parse(file)["register"]["attributes"].get<std::set<std::string>>();
  // The recorded host had not been given the official agent's pause image, which we bring along.
  golden.insert("ecs.capability.pid-ipc-namespace-sharing=");
  CapabilityInputs recorded = engine_20_10();
  recorded.logging_drivers = {"json-file", "none", "syslog"};
  recorded.external = true;
  recorded.cpu_architecture = "x86_64";
  const auto ours = texts(recorded);
  CHECK(ours.size() > 25);
  CHECK(std::includes(golden.begin(), golden.end(), ours.begin(), ours.end()));
}

TEST_CASE("an engine that dropped the old API still does what it could", "[unit][control]") {
  CapabilityInputs newest{.engine_min_api_version = "1.44", .engine_api_version = "1.52"};
  CHECK(has(newest, "com.amazonaws.ecs.capability.docker-remote-api.1.17="));
  CHECK(has(newest, "com.amazonaws.ecs.capability.docker-remote-api.1.32="));
}

TEST_CASE("an old engine's gaps are told", "[unit][control]") {
  CapabilityInputs old{.engine_min_api_version = "1.19", .engine_api_version = "1.21"};
  old.logging_drivers = {"awslogs", "splunk"};
  CHECK_FALSE(has(old, "com.amazonaws.ecs.capability.docker-remote-api.1.18="));
  CHECK(has(old, "com.amazonaws.ecs.capability.docker-remote-api.1.19="));
  CHECK_FALSE(has(old, "com.amazonaws.ecs.capability.docker-remote-api.1.22="));
  CHECK(has(old, "com.amazonaws.ecs.capability.logging-driver.awslogs="));
  CHECK_FALSE(has(old, "com.amazonaws.ecs.capability.logging-driver.splunk="));
  CHECK_FALSE(has(old, "ecs.capability.task-cpu-mem-limit="));
  CHECK_FALSE(has(old, "ecs.capability.container-health-check="));
}

TEST_CASE("each volume driver of the engine is advertised once", "[unit][control]") {
  CapabilityInputs inputs = engine_20_10();
  inputs.volume_drivers = {"local", "rexray/ebs:latest", "store/nfs:1.2"};
  std::multiset<std::string> found;
  for (const auto& attribute : capability_attributes(inputs)) {
    if (attribute.name.find("docker-plugin") != std::string::npos) found.insert(attribute.name);
  }
  CHECK(found == std::multiset<std::string>{"ecs.capability.docker-plugin.local",
                                            "ecs.capability.docker-plugin.rexray/ebs",
                                            "ecs.capability.docker-plugin.rexray/ebs.latest",
                                            "ecs.capability.docker-plugin.store/nfs.1.2"});
}

TEST_CASE("settings take abilities away and add others", "[unit][control]") {
  CapabilityInputs inputs = engine_20_10();
  inputs.privileged_disabled = true;
  inputs.task_cpu_mem_limit = false;
  inputs.health_check_disabled = true;
  inputs.selinux_capable = true;
  inputs.apparmor_capable = true;
  inputs.detailed_os_family.clear();
  inputs.cpu_architecture = "arm64";
  CHECK_FALSE(has(inputs, "com.amazonaws.ecs.capability.privileged-container="));
  CHECK_FALSE(has(inputs, "ecs.capability.task-cpu-mem-limit="));
  CHECK_FALSE(has(inputs, "ecs.capability.increased-task-cpu-limit="));
  CHECK_FALSE(has(inputs, "ecs.capability.container-health-check="));
  CHECK(has(inputs, "com.amazonaws.ecs.capability.selinux="));
  CHECK(has(inputs, "com.amazonaws.ecs.capability.apparmor="));
  CHECK_FALSE(has(inputs, "ecs.os-type-detailed="));
  CHECK_FALSE(has(inputs, "ecs.cpu-architecture=arm64"));
  inputs.external = true;
  CHECK(has(inputs, "ecs.capability.external="));
  CHECK(has(inputs, "ecs.cpu-architecture=arm64"));
}

}  // namespace longshore::control
