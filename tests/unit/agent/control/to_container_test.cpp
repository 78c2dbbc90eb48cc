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
  for (const char* none : {R"({"command": ["a"], "overrides": "{\"command\":null}"})",
                           R"({"command": ["a"], "overrides": "null"})"}) {
    INFO(none);
    CHECK(good(none).command == std::vector<std::string>{"a"});
  }
}

TEST_CASE("links and volumesFrom imply what to wait for", "[unit][control]") {
  const core::ContainerSpec spec = good(R"({
      "dependsOn": [{"containerName": "db", "condition": "HEALTHY"},
                    {"containerName": "db", "condition": "START"},
                    {"containerName": "init", "condition": "SUCCESS"},
                    {"containerName": "job", "condition": "COMPLETE"},
                    {"containerName": "box", "condition": "CREATE"}],
      "volumesFrom": [{"sourceContainer": "files", "readOnly": true}],
      "links": ["db:database", "cache"]})");
  const std::vector<core::Dependency> expected{
      {ContainerName("db"), DependencyCondition::Healthy},
      {ContainerName("db"), DependencyCondition::Start},
      {ContainerName("init"), DependencyCondition::Success},
      {ContainerName("job"), DependencyCondition::Complete},
      {ContainerName("box"), DependencyCondition::Create},
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
      {.container_port = 80, .container_port_last = 80},
      {.container_port = 81, .container_port_last = 81},
      {.container_port = 1, .container_port_last = 2}};
  CHECK(good(R"({"portMappings": [{"containerPortRange": "9000-9004", "protocol": "udp"},
                                  {"containerPortRange": "1-65535", "hostPort": 0},
                                  {"containerPortRange": "80-80"},
                                  {"containerPortRange": "81"},
                                  {"containerPortRange": "1-2", "hostPort": 80}]})")
            .ports == expected);
}

TEST_CASE("a port wins over a range beside it, and neither is a mapping, too", "[unit][control]") {
  const std::vector<core::PortMapping> expected{
      {.container_port = 7, .host_port = 70}, {}, {.host_port = 8080, .protocol = "udp"}};
  CHECK(good(R"({"portMappings": [
                   {"containerPortRange": "9004-9000", "containerPort": 7, "hostPort": 70}, {},
                   {"containerPort": 0, "hostPort": 8080, "protocol": "udp"}]})")
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
  for (const char* none :
       {"", "{}", "null", R"({"MemoryReservation":0})", R"({"MemoryReservation":null})",
        R"({"Memory":7})", R"({"MemoryReservation":-2097152})"}) {
    INFO(none);
    CHECK(reservation(none) == 0);
  }
  CHECK(reservation(R"({"MemoryReservation":9223372036854775807})") == 1'073'741'824);
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
  for (const char* other :
       {R"({"registryAuthentication": {}})", R"({"registryAuthentication": {"type": "basic"}})"}) {
    INFO(other);
    CHECK_FALSE(good(other).ecr_auth);
  }
  CHECK(good(R"({"registryAuthentication": {"type": "ecr"}})").ecr_auth == core::EcrAuth{});
}

TEST_CASE("a mistake of one container is its flaw, in the official agent's words",
          "[unit][control]") {
  const std::pair<const char*, core::Flaw> cases[] = {
      {R"({"portMappings": [{"containerPortRange": "9004-9000"}]})",
       {"HostConfigError",
        "error retrieving docker port map: invalid range specified for port: 9004-9000"}},
      {R"({"mountPoints": [{"sourceVolume": "gone", "containerPath": "/x"}]})",
       {"HostConfigError", "Invalid volume referenced: gone"}},
      {R"({"mountPoints": [{"sourceVolume": "data"}]})",
       {"HostConfigError",
        "Unable to resolve volume mounts; invalid path: web data; /srv/data -> "}},
      {R"({"mountPoints": [{"sourceVolume": "kept", "containerPath": ""}]})",
       {"HostConfigError", "Unable to resolve volume mounts; invalid path: web kept; kept -> "}},
      {R"({"dockerConfig": {"hostConfig": "[]"}})",
       {"HostConfigError", "Unable to decode given host config: expected a JSON object"}},
      {R"({"dockerConfig": {"hostConfig": "{\"MemoryReservation\":\"1g\"}"}})",
       {"HostConfigError",
        "Unable to decode given host config: MemoryReservation: expected a whole number, got a "
        "string"}},
      {R"({"dockerConfig": {"config": "{"}})",
       {"DockerClientConfigError", "Unable decode given docker config: broken JSON at byte 2"}}};
  for (const auto& [patch, flaw] : cases) {
    INFO(patch);
    const core::ContainerSpec spec = good(patch);
    REQUIRE(spec.flaw);
    CHECK(spec.flaw->name == flaw.name);
    CHECK(spec.flaw->text == flaw.text);
    CHECK(spec.ports.empty());
    CHECK(spec.mounts.empty());
  }
  for (const char* range : {"0-9", "1-65536", "1-2-3", "1- 2", "-", "x"}) {
    INFO(range);
    const nlohmann::json patch{{"portMappings", {{{"containerPortRange", range}}}}};
    CHECK_THAT(good(patch.dump()).flaw.value_or(core::Flaw{}).text, Catch::EndsWith(range));
  }
  CHECK_FALSE(good("{}").flaw);
}

TEST_CASE("of several mistakes the one that a create comes upon first counts", "[unit][control]") {
  nlohmann::json patch = nlohmann::json::parse(R"({
      "portMappings": [{"containerPortRange": "2-1"}], "mountPoints": [{"sourceVolume": "gone"}],
      "dockerConfig": {"hostConfig": "[1]", "config": "[2]"}})");
  const auto text = [&] { return good(patch.dump()).flaw.value().text; };
  CHECK_THAT(text(), Catch::StartsWith("error retrieving"));
  patch.erase("portMappings");
  CHECK_THAT(text(), Catch::StartsWith("Invalid volume"));
  patch.erase("mountPoints");
  CHECK_THAT(text(), Catch::StartsWith("Unable to decode given host"));
  patch["dockerConfig"].erase("hostConfig");
  CHECK_THAT(text(), Catch::StartsWith("Unable decode given docker"));
}

TEST_CASE("one mistake leaves the rest of the container as it is", "[unit][control]") {
  const core::ContainerSpec spec = good(R"({
      "mountPoints": [{"sourceVolume": "gone", "containerPath": "/x"},
                      {"sourceVolume": "data", "containerPath": "/d"}],
      "dockerConfig": {"hostConfig": "{\"MemoryReservation\":1048576}", "config": "{"}})");
  CHECK(spec.mounts ==
        std::vector<core::MountPoint>{{.source = "/srv/data", .container_path = "/d"}});
  CHECK(spec.memory_reservation_mib == 1);
  CHECK_FALSE(spec.host_config_patch.empty());
  CHECK(spec.config_patch.empty());
  CHECK(good(R"({"dockerConfig": {"hostConfig": "[]"}})").host_config_patch.empty());
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
      {R"({"portMappings": [{"containerPortRange": "1-2", "hostPort": 65536}]})",
       "portMappings[0].hostPort: expected 0 to 65535, got 65536"},
      {R"({"portMappings": [{"containerPortRange": "1-2", "protocol": "sctp"}]})",
       "portMappings[0].protocol: expected tcp or udp, got sctp"},
      {R"({"restartPolicy": {"enabled": true, "restartAttemptPeriod": -1}})",
       "restartPolicy.restartAttemptPeriod: expected 0 to 1073741824, got -1"},
      {R"({"restartPolicy": {"enabled": true, "ignoredExitCodes": [0, 2147483648]}})",
       "restartPolicy.ignoredExitCodes[1]: expected a 32-bit number, got 2147483648"},
      {R"({"overrides": ""})", "overrides: broken JSON at byte 1"},
      {R"({"overrides": "[]"})", "overrides: document: expected an object, got a list"},
      {R"({"overrides": "{\"cpu\":1}"})", "overrides: document: only command is allowed, got cpu"},
      {R"({"overrides": "{\"command\":\"x\"}"})",
       "overrides: command: expected a list, got a string"}};
  for (const auto& [patch, message] : cases) {
    INFO(patch);
    const auto spec = convert(patch);
    REQUIRE_FALSE(spec);
    CHECK(spec.error().message == message);
  }
}

TEST_CASE("a list beyond every use is refused", "[unit][control]") {
  const auto [member, entry, limit] = GENERATE(table<std::string, nlohmann::json, std::size_t>(
      {{"command", "x", 10'000},
       {"links", "c", 100},
       {"volumesFrom", {{"sourceContainer", "c"}}, 100},
       {"dependsOn", {{"containerName", "c"}, {"condition", "START"}}, 100}}));
  nlohmann::json patch{{member, std::vector<nlohmann::json>(limit, entry)}};
  CHECK(convert(patch.dump()));
  patch[member].push_back(entry);
  const auto spec = convert(patch.dump());
  REQUIRE_FALSE(spec);
  CHECK(spec.error().message ==
        fmt::format("{}: at most {} entries, got {}", member, limit, limit + 1));
}

}  // namespace longshore::control
