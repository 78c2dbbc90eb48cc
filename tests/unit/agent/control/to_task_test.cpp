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

TEST_CASE("a namespace's mode that nobody knows is none", "[unit][control]") {
  const auto spec = to_task(read_task(task_with(R"({"pidMode": "none", "ipcMode": "HOST"})")));
  REQUIRE(spec);
  CHECK(spec->pid_mode.empty());
  CHECK(spec->ipc_mode.empty());
}

TEST_CASE("a value that cannot be names its member, itself and what could be", "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"arn": ""})", "arn: required, but missing"},
      {R"({"cpu": -1})", "cpu: expected 0 to 1048576 vCPUs, got -1"},
      {R"({"memory": -1})", "memory: expected 0 to 1073741824 MiB, got -1"},
      {R"({"roleCredentials": {}})", "roleCredentials.credentialsId: required, but missing"},
      {R"({"executionRoleCredentials": {"credentialsId": ""}})",
       "executionRoleCredentials.credentialsId: required, but missing"},
      {R"({"volumes": [{"name": "v"}]})", "volumes[0].host: required, but missing"},
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

TEST_CASE("a volume without a path becomes one of the task's own", "[unit][control]") {
  const auto spec = to_task(read_task(task_with(R"({
      "volumes": [{"name": "data", "host": {"sourcePath": "/srv/data"}},
                  {"name": "scratch", "host": {}}, {"name": "spare", "host": {}}],
      "containers": [{"name": "web", "mountPoints": [
          {"sourceVolume": "scratch", "containerPath": "/s"}]}]})")));
  REQUIRE(spec);
  CHECK(spec->volumes == std::vector<core::Volume>{{.name = "scratch"}});
  const std::vector<core::MountPoint> expected{{.container_path = "/s", .volume = "scratch"}};
  CHECK(spec->containers[0].mounts == expected);
}

TEST_CASE("containers that share namespaces wait for the one that holds them", "[unit][control]") {
  const std::string containers = R"("containers": [
      {"name": "web", "dependsOn": [{"containerName": "db", "condition": "HEALTHY"}]},
      {"name": "db"}])";
  const core::Dependency on_pause{ContainerName("~internal~ecs~pause~namespace"),
                                  core::DependencyCondition::Start};
  for (const char* mode : {R"("pidMode": "task")", R"("ipcMode": "task")",
                           R"("pidMode": "task", "ipcMode": "task")"}) {
    INFO(mode);
    const auto spec =
        to_task(read_task(task_with("{" + std::string(mode) + "," + containers + "}")));
    REQUIRE(spec);
    REQUIRE(spec->containers.size() == 3);
    const std::vector<core::Dependency> of_web{
        {ContainerName("db"), core::DependencyCondition::Healthy}, on_pause};
    CHECK(spec->containers[0].depends_on == of_web);
    CHECK(spec->containers[1].depends_on == std::vector<core::Dependency>{on_pause});
    CHECK(spec->containers[2] == core::ContainerSpec{.name = on_pause.container,
                                                     .image = "amazon/amazon-ecs-pause:0.1.0",
                                                     .essential = true,
                                                     .kind = core::ContainerKind::NamespacePause});
  }
  for (const char* mode : {"{}", R"({"pidMode": "host"})", R"({"ipcMode": "none"})"}) {
    CHECK(to_task(read_task(task_with(mode)))->containers.size() == 1);
  }
  CHECK(to_task(read_task(task_with(R"({"pidMode": "task", "containers": []})")))
            ->containers.empty());
}

TEST_CASE("the name of the agent's own container is not a task's to give", "[unit][control]") {
  CHECK(error_of(task_with(
            R"({"ipcMode": "task", "containers": [{"name": "~internal~ecs~pause~namespace"}]})")) ==
        "containers: expected names of letters, digits, hyphens and underscores, got "
        "~internal~ecs~pause~namespace");
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
