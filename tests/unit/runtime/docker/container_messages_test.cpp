#include "runtime/docker/container_messages.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

using namespace std::chrono_literals;

ContainerState state_of(const std::string& state) {
  const auto found = parse_inspected(R"({"Id": "x", "State": )" + state + "}");
  INFO(state);
  REQUIRE(found);
  return found->state;
}

TEST_CASE("a running container's inspection is read", "[unit][docker]") {
  const auto found = parse_inspected(R"({
    "Id": "abc", "Name": "/web", "Image": "sha256:0a",
    "Created": "2025-12-31T23:59:59.25Z",
    "State": {"Status": "running", "Running": true, "Pid": 42, "ExitCode": 0, "Error": "",
              "OOMKilled": false, "StartedAt": "2026-01-01T00:00:00.5Z",
              "FinishedAt": "0001-01-01T00:00:00Z", "Health": {"Status": "healthy"}},
    "Config": {"Labels": {"k": "v"}, "Tty": true},
    "HostConfig": {"CgroupParent": "/ecs/1"},
    "NetworkSettings": {"Ports": {
      "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}, {"HostIp": "::", "HostPort": "32768"}],
      "53/udp": null}}})");
  REQUIRE(found);
  CHECK(found->tty);
  const ContainerState& state = found->state;
  CHECK(state.id == ContainerId("abc"));
  CHECK(state.name == "web");
  CHECK(state.image_id == "sha256:0a");
  CHECK(state.labels.at("k") == "v");
  CHECK(state.status == ContainerStatus::Running);
  CHECK(state.alive);
  CHECK(state.pid == 42);
  CHECK_FALSE(state.exit_code);
  CHECK_FALSE(state.finished_at);
  CHECK(state.created_at == WallTime{1'767'225'599'250ms});
  CHECK(state.started_at == WallTime{1'767'225'600'500ms});
  CHECK(state.health == HealthStatus::Healthy);
  CHECK(state.cgroup_parent == "/ecs/1");
  CHECK(state.ports ==
        std::vector<PortBinding>{{.container_port = 80, .host_port = 32'768, .bind_ip = "0.0.0.0"},
                                 {.container_port = 80, .host_port = 32'768, .bind_ip = "::"}});
}

TEST_CASE("an exit code is one only when a process ran and ended", "[unit][docker]") {
  const std::string never = R"("FinishedAt": "0001-01-01T00:00:00Z")";
  const std::string ended = R"("FinishedAt": "2026-01-01T00:00:00Z")";
  CHECK(state_of(R"({"Status": "exited", "ExitCode": 7, )" + ended + "}").exit_code == 7);
  CHECK(state_of(R"({"Status": "exited", "ExitCode": 0, )" + ended + "}").exit_code == 0);
  CHECK_FALSE(state_of(R"({"Status": "created", "ExitCode": 127, )" + never + "}").exit_code);
  CHECK_FALSE(state_of(R"({"Status": "running", "ExitCode": 0, )" + ended + "}").exit_code);
  CHECK(state_of(R"({"Status": "dead", "ExitCode": 3, )" + ended + "}").exit_code == 3);
}

TEST_CASE("every status of the engine is known, and whether a process exists", "[unit][docker]") {
  const auto [text, status, alive] = GENERATE(
      table<std::string, ContainerStatus, bool>({{"created", ContainerStatus::Created, false},
                                                 {"running", ContainerStatus::Running, true},
                                                 {"paused", ContainerStatus::Paused, true},
                                                 {"restarting", ContainerStatus::Restarting, true},
                                                 {"removing", ContainerStatus::Dead, false},
                                                 {"exited", ContainerStatus::Exited, false},
                                                 {"dead", ContainerStatus::Dead, false}}));
  const auto state = state_of(R"({"Status": ")" + text + R"(", "Pid": 9})");
  CHECK(state.status == status);
  CHECK(state.alive == alive);
  CHECK(state.pid == (alive ? 9 : 0));
}

TEST_CASE("why a container failed is read", "[unit][docker]") {
  const auto state = state_of(
      R"({"Status": "exited", "OOMKilled": true, "Error": "no such file", "Health": null})");
  CHECK(state.oom_killed);
  CHECK(state.error == "no such file");
  CHECK(state.health == HealthStatus::None);
}

TEST_CASE("health is read", "[unit][docker]") {
  const auto health = [](const std::string& text) {
    return state_of(R"({"Status": "running", "Health": {"Status": ")" + text + "\"}}").health;
  };
  CHECK(health("starting") == HealthStatus::Starting);
  CHECK(health("unhealthy") == HealthStatus::Unhealthy);
  CHECK(health("none") == HealthStatus::None);
}

TEST_CASE("wrong types are refused with their path", "[unit][docker]") {
  const auto [body, path] = GENERATE(table<std::string, std::string>({
      {R"({"Id": "x", "State": {"Status": "running", "Pid": "1"}})", "State.Pid: "},
      {R"({"Id": "x", "State": {"Status": "running", "Pid": 99999999999}})", "State.Pid: "},
      {R"({"Id": "x", "State": {"Status": "odd"}})", "State.Status: "},
      {R"({"Id": "x"})", "State: "},
      {R"({"Id": "x", "State": {"Status": "created"}, "Config": {"Labels": {"k": 1}}})",
       "Config.Labels.k: "},
      {R"({"Id": "x", "State": {"Status": "created"},
           "NetworkSettings": {"Ports": {"x/tcp": [{}]}}})",
       "NetworkSettings.Ports.x/tcp: "},
      {R"({"Id": "x", "State": {"Status": "created"},
           "NetworkSettings": {"Ports": {"80/tcp": [{"HostPort": "70000"}]}}})",
       "NetworkSettings.Ports.80/tcp[0].HostPort: "},
  }));
  const auto found = parse_inspected(body);
  INFO(body);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::InvalidInput);
  CHECK(found.error().message.find(path) == 0);
}

TEST_CASE("a port that is not bound yet has no host port", "[unit][docker]") {
  const auto found = parse_inspected(
      R"({"Id": "x", "State": {"Status": "created"},
          "NetworkSettings": {"Ports": {"80/tcp": [{"HostPort": ""}, {}]}}})");
  REQUIRE(found);
  CHECK(found->state.ports == std::vector<PortBinding>(2, {.container_port = 80}));
}

TEST_CASE("a list gives each container's own name", "[unit][docker]") {
  const auto list = parse_list(R"([
    {"Id": "a", "Names": ["/other/alias", "/web"], "Labels": {"k": "v"}, "State": "running"},
    {"Id": "b", "Names": [], "Labels": null, "State": "exited"}])");
  REQUIRE(list);
  REQUIRE(list->size() == 2);
  CHECK(list->at(0).name == "web");
  CHECK(list->at(0).labels.at("k") == "v");
  CHECK(list->at(0).alive);
  CHECK(list->at(1).name.empty());
  CHECK(list->at(1).status == ContainerStatus::Exited);
  CHECK_FALSE(list->at(1).alive);
  CHECK_FALSE(parse_list("{}"));
  CHECK_FALSE(parse_list(R"([{"Id": "a"}])"));
}

TEST_CASE("a created container's id is read", "[unit][docker]") {
  CHECK(parse_created(R"({"Id": "abc", "Warnings": []})")->str() == "abc");
  CHECK_FALSE(parse_created(R"({"Id": ""})"));
  CHECK_FALSE(parse_created("{}"));
}

std::optional<RuntimeEvent> event_of(const std::string& action, const std::string& attributes) {
  const auto event =
      parse_event(R"({"status": "old", "id": "old", "Type": "container", "Action": ")" + action +
                  R"(", "Actor": {"ID": "abc", "Attributes": )" + attributes +
                  R"(}, "time": 1, "timeNano": 1700000000123456789})");
  REQUIRE(event);
  return *event;
}

TEST_CASE("events are read from the fields that every engine has", "[unit][docker]") {
  const auto died = event_of("die", R"({"exitCode": "137", "execDuration": "3", "image": "i",
                                        "name": "web", "k": "v"})");
  REQUIRE(died);
  CHECK(died->kind == RuntimeEventKind::Died);
  CHECK(died->id == ContainerId("abc"));
  CHECK(died->exit_code == 137);
  CHECK(died->time_nano == 1'700'000'000'123'456'789);
  CHECK(died->labels == std::map<std::string, std::string>{{"k", "v"}});
}

TEST_CASE("a label in the place of the exit code is no code, and is known from an inspection",
          "[unit][docker]") {
  const auto died = event_of("die", R"({"exitCode": "latest", "image": "i", "name": "web"})");
  REQUIRE(died);
  CHECK_FALSE(died->exit_code);
  for (const std::string label : {"exitCode", "exit"}) {
    const auto found = parse_inspected(R"({"Id": "x", "State": {"Status": "created"},
                                           "Config": {"Labels": {")" +
                                       label + R"(": "0"}}})");
    REQUIRE(found);
    CHECK(found->state.hides_exit_code == (label == "exitCode"));
  }
}

TEST_CASE("each event has its kind, and others have none", "[unit][docker]") {
  CHECK(event_of("create", "{}")->kind == RuntimeEventKind::Created);
  CHECK(event_of("start", "null")->kind == RuntimeEventKind::Started);
  CHECK(event_of("oom", "{}")->kind == RuntimeEventKind::OutOfMemory);
  CHECK(event_of("destroy", "{}")->kind == RuntimeEventKind::Destroyed);
  CHECK(event_of("health_status: healthy", "{}")->health == HealthStatus::Healthy);
  CHECK(event_of("health_status: unhealthy", "{}")->health == HealthStatus::Unhealthy);
  CHECK(event_of("health_status: healthy", "{}")->kind == RuntimeEventKind::HealthChanged);
  for (const auto* action : {"restart", "rename", "exec_start: sh", "stop", "kill", "starting"}) {
    CHECK_FALSE(event_of(action, "{}"));
  }
  const auto other = parse_event(R"({"Type": "network", "Action": "create"})");
  REQUIRE(other);
  CHECK_FALSE(*other);
}

TEST_CASE("broken events are refused", "[unit][docker]") {
  CHECK_FALSE(parse_event("{"));
  CHECK_FALSE(parse_event("7"));
  CHECK_FALSE(parse_event(R"({"Type": "container", "Action": "start", "timeNano": 1})"));
}

}  // namespace
}  // namespace longshore::runtime::docker
