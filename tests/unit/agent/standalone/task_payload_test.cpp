#include "agent/standalone/task_payload.hpp"

#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

constexpr const char* kOrigin = "http://127.0.0.1:51800";

json full_definition() {
  return json::parse(R"({
    "family": "orders", "cpu": "0.5 vCPU", "memory": "512", "pidMode": "task",
    "taskRoleArn": "arn:aws:iam::111122223333:role/task",
    "volumes": [{"name": "data", "host": {"sourcePath": "/srv"}},
                {"name": "scratch"},
                {"name": "shared", "dockerVolumeConfiguration": {"driver": "nfs"}}],
    "containerDefinitions": [
      {"name": "init", "image": "busybox", "essential": false, "startTimeout": 9},
      {"name": "api", "image": "busybox", "cpu": 100, "memory": 128, "memoryReservation": 64,
       "command": ["serve"], "entryPoint": ["/api"], "stopTimeout": 5, "links": ["init:i"],
       "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
       "portMappings": [{"containerPort": 80, "name": "http", "appProtocol": "http"},
                        {"containerPortRange": "9000-9004", "protocol": "udp"}],
       "mountPoints": [{"sourceVolume": "data", "containerPath": "/d", "readOnly": true}],
       "dependsOn": [{"containerName": "init", "condition": "SUCCESS"}],
       "healthCheck": {"command": ["CMD-SHELL", "true"]},
       "restartPolicy": {"enabled": true, "restartAttemptPeriod": 60}}]})");
}

struct PayloadPlane : Plane {
  json payload_of(json definition, json request = json::object()) {
    auto host = add_host();
    for (const char* name :
         {"ecs.capability.pid-ipc-namespace-sharing", "ecs.capability.docker-plugin.nfs",
          "ecs.capability.container-restart-policy", "ecs.capability.network.container-port-range",
          "ecs.capability.secrets.ssm.environment-variables",
          "ecs.capability.secrets.asm.bootstrap.log-driver",
          "com.amazonaws.ecs.capability.logging-driver.awslogs",
          "ecs.capability.execution-role-awslogs"}) {
      state.instances.at(host).attributes[name] = "";
    }
    const std::string arn = run(definition, std::move(request));
    return task_payload(state.tasks.at(arn), state.site, kOrigin);
  }
};

TEST_CASE("a payload says what its task definition says", "[unit][standalone]") {
  PayloadPlane plane;
  const json task = plane.payload_of(full_definition());
  CHECK(task["desiredStatus"] == "RUNNING");
  CHECK(task["family"] == "orders");
  CHECK(task["version"] == "1");
  CHECK(task["cpu"] == 0.5);
  CHECK(task["memory"] == 512);
  CHECK(task["pidMode"] == "task");
  CHECK(task["networkMode"] == "bridge");
  CHECK(task["taskClusterArn"] == "arn:aws:ecs:eu-west-1:111122223333:cluster/default");
  CHECK(task["volumes"] == json::parse(R"([
          {"name": "data", "type": "host", "host": {"sourcePath": "/srv"}},
          {"name": "scratch", "type": "host", "host": {}},
          {"name": "shared", "type": "docker",
           "dockerVolumeConfiguration": {"driver": "nfs", "scope": "task", "autoprovision": false,
                                         "driverOpts": {}, "labels": {}}}])"));
  const json& init = task["containers"][0];
  CHECK(init["essential"] == false);
  CHECK(init["startTimeout"] == 9);
  CHECK_FALSE(init.contains("memory"));
  const json& api = task["containers"][1];
  CHECK(api["essential"] == true);
  CHECK(api["cpu"] == 100);
  CHECK(api["memory"] == 128);
  CHECK(api["command"] == json{"serve"});
  CHECK(api["entryPoint"] == json{"/api"});
  CHECK(api["links"] == json{"init:i"});
  CHECK(api["stopTimeout"] == 5);
  CHECK(api["overrides"] == "{}");
  CHECK(api["environment"] == json{{"A", "1"}, {"B", "2"}, {"AWS_EXECUTION_ENV", "AWS_ECS_EC2"}});
  CHECK(api["portMappings"] ==
        json::parse(R"([{"containerPort": 80, "hostPort": 0, "protocol": "tcp"},
                        {"containerPortRange": "9000-9004", "protocol": "udp"}])"));
  CHECK(api["mountPoints"][0]["readOnly"] == true);
  CHECK(api["dependsOn"][0]["condition"] == "SUCCESS");
  CHECK(api["healthCheckType"] == "docker");
  CHECK(api["restartPolicy"] == json{{"enabled", true}, {"restartAttemptPeriod", 60}});
  CHECK(api["dockerConfig"]["hostConfig"].is_string());
  CHECK(api["containerArn"] != init["containerArn"]);
}

TEST_CASE("a restart policy without a period has ECS's", "[unit][standalone]") {
  PayloadPlane plane;
  json definition = full_definition();
  json& policy = definition["containerDefinitions"][1]["restartPolicy"];
  policy = {{"enabled", true}, {"ignoredExitCodes", {0}}};
  CHECK(plane.payload_of(definition)["containers"][1]["restartPolicy"] ==
        json{{"enabled", true}, {"ignoredExitCodes", {0}}, {"restartAttemptPeriod", 300}});
}

TEST_CASE("overrides of a task reach its payload", "[unit][standalone]") {
  PayloadPlane plane;
  const json task = plane.payload_of(
      full_definition(), {{"overrides", json::parse(R"({"cpu": "1024", "containerOverrides": [
        {"name": "api", "command": ["debug"], "cpu": 7, "memory": 99,
         "environment": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}]})")}});
  CHECK(task["cpu"] == 1.0);
  const json& api = task["containers"][1];
  CHECK(api["command"] == json{"serve"});
  CHECK(api["overrides"] == R"({"command":["debug"]})");
  CHECK(api["cpu"] == 7);
  CHECK(api["memory"] == 99);
  CHECK(api["environment"]["A"] == "1");
  CHECK(api["environment"]["B"] == "3");
  CHECK(api["environment"]["C"] == "4");
}

TEST_CASE("roles come with credentials", "[unit][standalone]") {
  PayloadPlane plane;
  const json task = plane.payload_of(full_definition());
  const json& role = task["roleCredentials"];
  CHECK(role["roleArn"] == "arn:aws:iam::111122223333:role/task");
  CHECK(role["accessKeyId"].get<std::string>().starts_with("ASIA"));
  CHECK_FALSE(role["secretAccessKey"].get<std::string>().empty());
  CHECK(role["expiration"] == "2025-06-15T16:06:40.125Z");
  CHECK_FALSE(task.contains("executionRoleCredentials"));
}

TEST_CASE("secrets and log drivers name where their values are", "[unit][standalone]") {
  PayloadPlane plane;
  json definition = web_definition();
  definition["executionRoleArn"] = "arn:aws:iam::111122223333:role/exec";
  definition["containerDefinitions"][0].update(json::parse(R"({
    "secrets": [{"name": "K", "valueFrom": "/k"}],
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"},
      "secretOptions": [{"name": "t",
        "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:t"}]}})"));
  const json container = plane.payload_of(definition)["containers"][0];
  CHECK(container["logsAuthStrategy"] == "ExecutionRole");
  CHECK(container["secrets"] == json::parse(R"([
    {"name": "K", "valueFrom": "/k", "provider": "ssm", "region": "eu-west-1",
     "type": "ENVIRONMENT_VARIABLE", "target": "CONTAINER"},
    {"name": "t", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:t",
     "provider": "asm", "region": "us-east-1", "type": "BOOTSTRAP", "target": "LOG_DRIVER"}])"));
}

}  // namespace
}  // namespace longshore::standalone
