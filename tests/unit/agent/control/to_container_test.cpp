#include "agent/control/to_container.hpp"

#include <utility>

#include "wire_task.hpp"

namespace longshore::control {
namespace {

Result<core::ContainerSpec> convert(const std::string& patch) {
  const auto task = testing::read_task(testing::container_with(patch));
  return to_container(task.containers.at(0), {{"data", "/srv/data"}, {"kept", std::nullopt}});
}

core::ContainerSpec good(const std::string& patch) {
  auto spec = convert(patch);
  REQUIRE(spec);
  return *std::move(spec);
}

using core::DependencyCondition;

}  // namespace

TEST_CASE("a container keeps its amounts, words and patches", "[unit][control]") {
  const core::ContainerSpec spec = good(R"({
      "cpu": 256, "memory": 512, "entryPoint": ["sh", "-c"], "command": ["true"],
      "environment": {"A": "1"}, "startTimeout": 60, "stopTimeout": 30, "healthCheckType": "docker",
      "dockerConfig": {"version": "1.24", "config": "{\"User\":\"1\"}", "hostConfig": ""}})");
  CHECK(spec.essential);
  CHECK(spec.image == "shop:3");
  CHECK(spec.cpu_units == 256);
  CHECK(spec.memory_mib == 512);
  CHECK(spec.entry_point == std::vector<std::string>{"sh", "-c"});
  CHECK(spec.command == std::vector<std::string>{"true"});
  CHECK(spec.environment == std::map<std::string, std::string>{{"A", "1"}});
  CHECK(spec.start_timeout == std::chrono::seconds(60));
  CHECK(spec.stop_timeout == std::chrono::seconds(30));
  CHECK(spec.has_health_check);
  CHECK(spec.min_api_version == "1.24");
  CHECK(spec.config_patch == R"({"User":"1"})");
  CHECK(spec.host_config_patch.empty());
}

TEST_CASE("what is absent, zero or an empty list leaves the image's own", "[unit][control]") {
  const core::ContainerSpec spec = good(
      R"({"command": [], "entryPoint": [], "startTimeout": 0, "stopTimeout": 0, "essential": null,
          "healthCheckType": "DOCKER", "overrides": null,
          "dockerConfig": {"config": "null"}})");
  CHECK_FALSE(spec.essential);
  CHECK_FALSE(spec.command);
  CHECK_FALSE(spec.entry_point);
  CHECK_FALSE(spec.start_timeout);
  CHECK_FALSE(spec.stop_timeout);
  CHECK_FALSE(spec.has_health_check);
  CHECK(spec.config_patch.empty());
}

TEST_CASE("an override replaces the command, even by nothing", "[unit][control]") {
  CHECK(good(R"({"command": ["a"], "overrides": "{\"command\":[\"b\"]}"})").command ==
        std::vector<std::string>{"b"});
  CHECK(good(R"({"command": ["a"], "overrides": "{\"Command\":[]}"})").command ==
        std::vector<std::string>{});
  CHECK(good(R"({"command": ["a"], "overrides": "{\"command\":null}"})").command ==
        std::vector<std::string>{"a"});
}

TEST_CASE("links and volumesFrom imply what to wait for", "[unit][control]") {
  const core::ContainerSpec spec = good(R"({
      "dependsOn": [{"containerName": "db", "condition": "HEALTHY"},
                    {"containerName": "db", "condition": "START"},
                    {"containerName": "init", "condition": "SUCCESS"},
                    {"containerName": "job", "condition": "COMPLETE"}],
      "volumesFrom": [{"sourceContainer": "files", "readOnly": true}],
      "links": ["db:database", "cache"]})");
  const std::vector<core::Dependency> expected{
      {ContainerName("db"), DependencyCondition::Healthy},
      {ContainerName("db"), DependencyCondition::Start},
      {ContainerName("init"), DependencyCondition::Success},
      {ContainerName("job"), DependencyCondition::Complete},
      {ContainerName("files"), DependencyCondition::Create},
      {ContainerName("cache"), DependencyCondition::Start}};
  CHECK(spec.depends_on == expected);
  const std::vector<core::VolumesFrom> files{{ContainerName("files"), true}};
  CHECK(spec.volumes_from == files);
  const std::vector<core::Link> links{{ContainerName("db"), "database"},
                                      {ContainerName("cache"), "cache"}};
  CHECK(spec.links == links);
}

TEST_CASE("ports keep their protocol, tcp if none is named", "[unit][control]") {
  const std::vector<core::PortMapping> expected{
      {80, 0, "tcp"}, {53, 15353, "udp"}, {1, 65535, "tcp"}};
  CHECK(good(R"({"portMappings": [{"containerPort": 80},
                                  {"containerPort": 53, "hostPort": 15353, "protocol": "udp"},
                                  {"containerPort": 1, "hostPort": 65535, "protocol": "tcp"}]})")
            .ports == expected);
}

TEST_CASE("a range of ports keeps both its ends and leaves the host's open", "[unit][control]") {
  const std::vector<core::PortMapping> expected{
      {.container_port = 9000, .protocol = "udp", .container_port_last = 9004},
      {.container_port = 1, .container_port_last = 65535},
      {.container_port = 80, .container_port_last = 80}};
  CHECK(good(R"({"portMappings": [{"containerPortRange": "9000-9004", "protocol": "udp"},
                                  {"containerPortRange": "1-65535", "hostPort": 0},
                                  {"containerPortRange": "80-80"}]})")
            .ports == expected);
}

TEST_CASE("a mount names a path of the host or a volume that the engine keeps", "[unit][control]") {
  const std::vector<core::MountPoint> expected{
      {.container_path = "/k", .volume = "kept"},
      {.source = "/srv/data", .container_path = "/d", .read_only = true}};
  CHECK(good(R"({"mountPoints": [
                   {"sourceVolume": "kept", "containerPath": "/k"},
                   {"sourceVolume": "data", "containerPath": "/d", "readOnly": true}]})")
            .mounts == expected);
}

TEST_CASE("a restart policy counts when it is enabled", "[unit][control]") {
  const core::RestartPolicy expected{.ignored_exit_codes = {0, -1, 143},
                                     .attempt_period = std::chrono::seconds(180)};
  CHECK(good(R"({"restartPolicy": {"enabled": true, "ignoredExitCodes": [0, -1, 143],
                                   "restartAttemptPeriod": 180}})")
            .restart_policy == expected);
  CHECK(good(R"({"restartPolicy": {"enabled": true}})").restart_policy == core::RestartPolicy{});
  for (const char* off : {R"({"restartPolicy": {"restartAttemptPeriod": 60}})",
                          R"({"restartPolicy": {"enabled": false, "ignoredExitCodes": [1]}})",
                          R"({"restartPolicy": null})", "{}"}) {
    INFO(off);
    CHECK_FALSE(good(off).restart_policy);
  }
}

TEST_CASE("the soft limit of memory is read from the engine's words", "[unit][control]") {
  const auto reservation = [](const std::string& host_config) {
    return good(nlohmann::json{{"dockerConfig", {{"hostConfig", host_config}}}}.dump())
        .memory_reservation_mib;
  };
  CHECK(reservation(R"({"MemoryReservation":268435456})") == 256);
  CHECK(reservation(R"({"memoryreservation":268435457})") == 257);
  CHECK(reservation(R"({"MemoryReservation":1})") == 1);
  for (const char* none : {"", "{}", "null", R"({"MemoryReservation":0})",
                           R"({"MemoryReservation":null})", R"({"Memory":7})"}) {
    INFO(none);
    CHECK(reservation(none) == 0);
  }
}

TEST_CASE("a registry of ECR is asked as the task says", "[unit][control]") {
  const core::EcrAuth expected{.registry_id = "1",
                               .region = "us-west-2",
                               .endpoint_override = "http://e",
                               .use_execution_role = true};
  CHECK(good(R"({"registryAuthentication": {"type": "ecr", "ecrAuthData": {"registryId": "1",
                 "region": "us-west-2", "endpointOverride": "http://e",
                 "useExecutionRole": true}}})")
            .ecr_auth == expected);
  CHECK_FALSE(good(R"({"registryAuthentication": {}})").ecr_auth);
}

TEST_CASE("a container's impossible value names its member", "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"name": ""})", "name: required, but missing"},
      {R"({"cpu": -1})", "cpu: expected 0 to 1073741824, got -1"},
      {R"({"memory": -4})", "memory: expected 0 to 1073741824, got -4"},
      {R"({"memory": 9223372036854775807})",
       "memory: expected 0 to 1073741824, got 9223372036854775807"},
      {R"({"startTimeout": -1})", "startTimeout: expected 0 to 1073741824, got -1"},
      {R"({"stopTimeout": -1})", "stopTimeout: expected 0 to 1073741824, got -1"},
      {R"({"portMappings": [{"containerPort": 65536}]})",
       "portMappings[0].containerPort: expected 0 to 65535, got 65536"},
      {R"({"portMappings": [{}, {"hostPort": -1}]})",
       "portMappings[1].hostPort: expected 0 to 65535, got -1"},
      {R"({"portMappings": [{"protocol": "sctp"}]})",
       "portMappings[0].protocol: expected tcp or udp, got sctp"},
      {R"({"portMappings": [{"containerPortRange": "9004-9000"}]})",
       "portMappings[0].containerPortRange: expected first-last within 1 to 65535, got 9004-9000"},
      {R"({"portMappings": [{"containerPortRange": "0-9"}]})",
       "portMappings[0].containerPortRange: expected first-last within 1 to 65535, got 0-9"},
      {R"({"portMappings": [{"containerPortRange": "1-65536"}]})",
       "portMappings[0].containerPortRange: expected first-last within 1 to 65535, got 1-65536"},
      {R"({"portMappings": [{"containerPortRange": "80"}]})",
       "portMappings[0].containerPortRange: expected first-last within 1 to 65535, got 80"},
      {R"({"portMappings": [{"containerPortRange": "1-2-3"}]})",
       "portMappings[0].containerPortRange: expected first-last within 1 to 65535, got 1-2-3"},
      {R"({"portMappings": [{"containerPortRange": "1- 2"}]})",
       "portMappings[0].containerPortRange: expected first-last within 1 to 65535, got 1- 2"},
      {R"({"portMappings": [{"containerPortRange": "1-2", "hostPort": 80}]})",
       "portMappings[0].hostPort: expected 0 beside a containerPortRange, got 80"},
      {R"({"portMappings": [{"containerPortRange": "1-2", "containerPort": 7}]})",
       "portMappings[0].containerPort: expected 0 beside a containerPortRange, got 7"},
      {R"({"portMappings": [{"containerPortRange": "1-2", "protocol": "sctp"}]})",
       "portMappings[0].protocol: expected tcp or udp, got sctp"},
      {R"({"restartPolicy": {"enabled": true, "restartAttemptPeriod": -1}})",
       "restartPolicy.restartAttemptPeriod: expected 0 to 1073741824, got -1"},
      {R"({"restartPolicy": {"enabled": true, "ignoredExitCodes": [0, 2147483648]}})",
       "restartPolicy.ignoredExitCodes[1]: expected a 32-bit number, got 2147483648"},
      {R"({"dockerConfig": {"hostConfig": "{\"MemoryReservation\":-1}"}})",
       "dockerConfig.hostConfig: MemoryReservation: expected 0 to 1125899906842624, got -1"},
      {R"({"dockerConfig": {"hostConfig": "{\"MemoryReservation\":\"1g\"}"}})",
       "dockerConfig.hostConfig: MemoryReservation: expected a whole number, got a string"},
      {R"({"mountPoints": [{"sourceVolume": "gone", "containerPath": "/x"}]})",
       "mountPoints[0].sourceVolume: the task has no volume named gone"},
      {R"({"mountPoints": [{"sourceVolume": "data"}]})",
       "mountPoints[0].containerPath: required, but missing"},
      {R"({"dependsOn": [{"containerName": "x", "condition": "READY"}]})",
       "dependsOn[0].condition: expected START, COMPLETE, SUCCESS or HEALTHY, got READY"},
      {R"({"links": ["a:b:c"]})", "links[0]: expected name or name:alias, got a:b:c"},
      {R"({"links": ["a", ":b"]})", "links[1]: expected name or name:alias, got :b"},
      {R"({"overrides": ""})", "overrides: broken JSON at byte 1"},
      {R"({"overrides": "[]"})", "overrides: document: expected an object, got a list"},
      {R"({"overrides": "{\"cpu\":1}"})", "overrides: document: only command is allowed, got cpu"},
      {R"({"overrides": "{\"command\":\"x\"}"})",
       "overrides: command: expected a list, got a string"},
      {R"({"dockerConfig": {"config": "{"}})", "dockerConfig.config: broken JSON at byte 2"},
      {R"({"dockerConfig": {"hostConfig": "[]"}})",
       "dockerConfig.hostConfig: expected a JSON object"},
      {R"({"registryAuthentication": {"type": "basic"}})",
       "registryAuthentication.type: expected ecr or asm, got basic"},
      {R"({"registryAuthentication": {"type": "ecr"}})",
       "registryAuthentication.ecrAuthData: required, but missing"}};
  for (const auto& [patch, message] : cases) {
    INFO(patch);
    const auto spec = convert(patch);
    REQUIRE_FALSE(spec);
    CHECK(spec.error().message == message);
  }
}

TEST_CASE("a list beyond every use is refused", "[unit][control]") {
  nlohmann::json patch{{"links", nlohmann::json::array()}};
  for (int i = 0; i < 10'001; ++i) patch["links"].push_back("c" + std::to_string(i));
  const auto spec = convert(patch.dump());
  REQUIRE_FALSE(spec);
  CHECK(spec.error().message == "links: at most 10000 entries, got 10001");
}

}  // namespace longshore::control
