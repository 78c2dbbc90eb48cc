#include "agent/control/to_task.hpp"

#include <utility>

#include "wire_task.hpp"

namespace longshore::control {
namespace {

using testing::plain_task;
using testing::read_task;
using testing::task_with;

std::string error_of(const nlohmann::json& task) {
  const auto spec = to_task(read_task(task));
  REQUIRE_FALSE(spec);
  CHECK(spec.error().code == ErrorCode::InvalidInput);
  return spec.error().message;
}

}  // namespace

TEST_CASE("a task keeps what identifies and limits it", "[unit][control]") {
  const auto spec = to_task(read_task(task_with(
      R"({"cpu": 0.25, "memory": 64, "networkMode": "host", "pidMode": "host", "ipcMode": "none",
          "roleCredentials": {"credentialsId": "task-id"},
          "executionRoleCredentials": {"credentialsId": "exec-id"}})")));
  REQUIRE(spec);
  CHECK(spec->arn.str() == "arn:aws:ecs:us-west-2:123456789012:task/bench/0f1e");
  CHECK(spec->family == "shop");
  CHECK(spec->version == "3");
  CHECK(spec->cpu_vcpus == 0.25);
  CHECK(spec->memory_mib == 64);
  CHECK(spec->network_mode == "host");
  CHECK(spec->pid_mode == "host");
  CHECK(spec->ipc_mode == "none");
  CHECK(spec->task_role_credentials_id == "task-id");
  CHECK(spec->execution_role_credentials_id == "exec-id");
  REQUIRE(spec->containers.size() == 1);
  CHECK(spec->containers[0].name.str() == "web");
}

TEST_CASE("a network mode that nobody knows is kept as it is", "[unit][control]") {
  const auto spec = to_task(read_task(task_with(R"({"networkMode": "mesh"})")));
  REQUIRE(spec);
  CHECK(spec->network_mode == "mesh");
}

TEST_CASE("a value that cannot be names its member, itself and what could be", "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"arn": ""})", "arn: required, but missing"},
      {R"({"cpu": -1})", "cpu: expected 0 to 1048576 vCPUs, got -1"},
      {R"({"memory": -1})", "memory: expected 0 to 1073741824 MiB, got -1"},
      {R"({"pidMode": "shared"})", "pidMode: expected host, got shared"},
      {R"({"ipcMode": "shared"})", "ipcMode: expected host or none, got shared"},
      {R"({"roleCredentials": {}})", "roleCredentials.credentialsId: required, but missing"},
      {R"({"executionRoleCredentials": {"credentialsId": ""}})",
       "executionRoleCredentials.credentialsId: required, but missing"},
      {R"({"volumes": [{"host": {"sourcePath": "/x"}}]})",
       "volumes[0].name: required, but missing"},
      {R"({"volumes": [{"name": "v"}]})", "volumes[0].host: required, but missing"},
      {R"({"volumes": [{"name": "v", "type": "ebs"}]})", "volumes[0].type: expected host, got ebs"},
      {R"({"containers": [{}]})", "containers[0].name: required, but missing"}};
  for (const auto& [patch, message] : cases) {
    INFO(patch);
    CHECK(error_of(task_with(patch)) == message);
  }
}

TEST_CASE("a volume with a path becomes a mount of that path", "[unit][control]") {
  const auto spec = to_task(read_task(task_with(R"({
      "volumes": [{"name": "data", "type": "host", "host": {"sourcePath": "/srv/data"}},
                  {"name": "logs", "host": {"sourcePath": "/var/log"}}],
      "containers": [{"name": "web", "mountPoints": [
          {"sourceVolume": "logs", "containerPath": "/l"},
          {"sourceVolume": "data", "containerPath": "/d", "readOnly": true}]}]})")));
  REQUIRE(spec);
  const std::vector<core::MountPoint> expected{
      {.source = "/var/log", .container_path = "/l"},
      {.source = "/srv/data", .container_path = "/d", .read_only = true}};
  CHECK(spec->containers[0].mounts == expected);
}

TEST_CASE("more containers than anyone can mean are refused", "[unit][control]") {
  nlohmann::json task = plain_task();
  const nlohmann::json one = task["containers"][0];
  while (task["containers"].size() < 100) task["containers"].push_back(one);
  CHECK(to_task(read_task(task)));
  task["containers"].push_back(one);
  CHECK(error_of(task) == "containers: at most 100 entries, got 101");
}

TEST_CASE("only ECS's words say what becomes of a task", "[unit][control]") {
  for (const char* word : {"STOPPED", "DEAD"}) CHECK(wants_stop({.desired_status = word}).value());
  for (const char* word : {"", "RUNNING", "NONE", "MANIFEST_PULLED", "CREATED", "UNKNOWN"}) {
    CHECK_FALSE(wants_stop({.desired_status = word}).value());
  }
  const auto refused = wants_stop({.desired_status = "stopped"});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "desiredStatus: expected RUNNING or STOPPED, got stopped");
}

}  // namespace longshore::control
