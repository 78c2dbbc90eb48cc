#include "agent/engine/container_request.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/core_builders.hpp"

namespace longshore::engine {
namespace {

using Strings = std::vector<std::string>;

const EngineSettings kSettings{.cluster = "harbour", .region = "us-west-2"};

core::TaskState two_containers() {
  return test::task_of({test::container("web"), test::container("db")});
}

/// A copy of the task with the specification changed by `change`.
template <typename Change>
core::TaskState with(core::TaskState task, Change change) {
  auto spec = *task.spec;
  change(spec);
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  return task;
}

runtime::ContainerSpec request(const core::TaskState& task, const Strings& image_environment = {}) {
  const auto spec = to_runtime_spec(task, 0, image_environment, "/ecs/id", kSettings);
  REQUIRE(spec);
  return *spec;
}

/// The value of a variable, "(none)" when it is not set.
std::string variable(const runtime::ContainerSpec& spec, const std::string& key) {
  std::string value = "(none)";
  int found = 0;
  for (const auto& entry : spec.environment) {
    if (!entry.starts_with(key + "=")) continue;
    value = entry.substr(key.size() + 1);
    ++found;
  }
  CHECK(found <= 1);
  return value;
}

TEST_CASE("a container carries the official agent's labels", "[unit][engine]") {
  const auto task = two_containers();
  const auto spec = request(task);
  CHECK(spec.name == "ecs-family-3-web");
  CHECK(spec.image == "busybox:test");
  CHECK(spec.labels ==
        std::map<std::string, std::string>{{"com.amazonaws.ecs.task-arn", task.spec->arn.str()},
                                           {"com.amazonaws.ecs.container-name", "web"},
                                           {"com.amazonaws.ecs.task-definition-family", "family"},
                                           {"com.amazonaws.ecs.task-definition-version", "3"},
                                           {"com.amazonaws.ecs.cluster", "harbour"}});
  CHECK(spec.cgroup_parent == "/ecs/id");
  CHECK(to_runtime_spec(task, 1, {}, "", kSettings)->labels.at(kContainerNameLabel) == "db");
}

TEST_CASE("a container finds its metadata endpoints, whatever the task says", "[unit][engine]") {
  const auto task = with(two_containers(), [](core::TaskSpec& s) {
    s.containers[0].environment = {{"PLAIN", "a=b c"},
                                   {"ECS_CONTAINER_METADATA_URI", "http://elsewhere"},
                                   {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/mine"}};
  });
  const auto spec = request(task);
  CHECK(variable(spec, "PLAIN") == "a=b c");
  CHECK(variable(spec, "ECS_CONTAINER_METADATA_URI") == "http://169.254.170.2/v3/endpoint-web");
  CHECK(variable(spec, "ECS_CONTAINER_METADATA_URI_V4") == "http://169.254.170.2/v4/endpoint-web");
  CHECK(variable(spec, "ECS_AGENT_URI") == "http://169.254.170.2/api/endpoint-web");
  CHECK(variable(spec, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == "/mine");

  const auto with_role =
      with(task, [](core::TaskSpec& s) { s.task_role_credentials_id = "creds-1"; });
  CHECK(variable(request(with_role), "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ==
        "/v2/credentials/creds-1");
}

TEST_CASE("the region is added only where neither task nor image name one", "[unit][engine]") {
  const auto both = [](const runtime::ContainerSpec& s) {
    return variable(s, "AWS_REGION") + " " + variable(s, "AWS_DEFAULT_REGION");
  };
  const auto task = two_containers();
  CHECK(both(request(task)) == "us-west-2 us-west-2");
  CHECK(both(request(task, {"PATH=/bin", "AWS_REGIONS=x", "AWS_REGION"})) == "us-west-2 us-west-2");
  for (const std::string key : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    INFO(key);
    CHECK(both(request(task, {key + "=eu-west-1"})) == "(none) (none)");
    CHECK(both(request(task, {key + "="})) == "(none) (none)");
    const auto chosen =
        with(task, [&](core::TaskSpec& s) { s.containers[0].environment[key] = "eu-west-1"; });
    CHECK(variable(request(chosen), key) == "eu-west-1");
    const std::string other = key == "AWS_REGION" ? "AWS_DEFAULT_REGION" : "AWS_REGION";
    CHECK(variable(request(chosen), other) == "(none)");
  }
}

TEST_CASE("other containers are named as the engine knows them", "[unit][engine]") {
  const auto task = with(two_containers(), [](core::TaskSpec& s) {
    s.containers[0].links = {{ContainerName("db"), "database"}, {ContainerName("db"), "again"}};
    s.containers[0].volumes_from = {{ContainerName("db"), false}, {ContainerName("db"), true}};
  });
  const auto spec = request(task);
  CHECK(spec.links == Strings{"ecs-family-3-db:database", "ecs-family-3-db:again"});
  CHECK(spec.volumes_from == Strings{"ecs-family-3-db", "ecs-family-3-db:ro"});
}

TEST_CASE("mounts, ports and commands are passed on", "[unit][engine]") {
  const auto task = with(two_containers(), [](core::TaskSpec& s) {
    auto& c = s.containers[0];
    c.mounts = {{"/host/a", "/a", false}, {"/host/b", "/b", true}};
    c.ports = {{80, 8080, "tcp"}, {53, 0, "udp"}};
    c.command = Strings{"sh", "-c", "true"};
    c.entry_point = Strings{};
    s.pid_mode = "host";
    s.ipc_mode = "none";
    c.config_patch = R"({"User":"app"})";
    c.host_config_patch = R"({"NetworkMode":"bridge"})";
    c.min_api_version = "1.24";
  });
  const auto spec = request(task);
  CHECK(spec.binds == Strings{"/host/a:/a", "/host/b:/b:ro"});
  CHECK(spec.ports == std::vector<runtime::PortBinding>{
                          {.container_port = 80, .host_port = 8080, .protocol = "tcp"},
                          {.container_port = 53, .host_port = 0, .protocol = "udp"}});
  CHECK(spec.command == Strings{"sh", "-c", "true"});
  CHECK(spec.entry_point == Strings{});
  CHECK(spec.pid_mode == "host");
  CHECK(spec.ipc_mode == "none");
  CHECK(spec.config_patch == R"({"User":"app"})");
  CHECK(spec.host_config_patch == R"({"NetworkMode":"bridge"})");
  CHECK(spec.min_api_version == "1.24");
  CHECK_FALSE(request(two_containers()).command);
  CHECK_FALSE(request(two_containers()).entry_point);
}

TEST_CASE("memory goes from MiB to bytes and cpu units to shares", "[unit][engine]") {
  const auto task = with(two_containers(), [](core::TaskSpec& s) {
    s.containers[0].memory_mib = 64;
    s.containers[0].cpu_units = 512;
  });
  CHECK(request(task).memory_bytes == 67'108'864);
  CHECK(request(task).cpu_shares == 512);
  CHECK(request(two_containers()).memory_bytes == 0);
}

TEST_CASE("a host that forbids privileged containers refuses them alone", "[unit][engine]") {
  EngineSettings strict = kSettings;
  strict.privileged_disabled = true;
  const auto asking = [](const std::string& patch) {
    return with(two_containers(),
                [&](core::TaskSpec& s) { s.containers[0].host_config_patch = patch; });
  };
  const auto refused = to_runtime_spec(asking(R"({"Privileged":true})"), 0, {}, "", strict);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::InvalidInput);
  CHECK_THAT(refused.error().message, Catch::Matchers::Contains("container web") &&
                                          Catch::Matchers::Contains("ECS_DISABLE_PRIVILEGED"));

  // Docker reads member names in any case.
  CHECK_FALSE(to_runtime_spec(asking(R"({"privileged":true})"), 0, {}, "", strict));
  CHECK(to_runtime_spec(asking(R"({"Privileged":true})"), 1, {}, "", strict));
  CHECK(to_runtime_spec(asking(R"({"Privileged":true})"), 0, {}, "", kSettings));
  for (const char* patch : {"", "{}", R"({"Privileged":false})", R"({"Privileged":null})"}) {
    INFO(patch);
    CHECK(to_runtime_spec(asking(patch), 0, {}, "", strict));
  }
}

TEST_CASE("a container's state is told to the core as the engine showed it", "[unit][engine]") {
  runtime::ContainerState state{.alive = true,
                                .exit_code = 3,
                                .started_at = test::kNoon,
                                .health = runtime::HealthStatus::Healthy,
                                .ports = {{80, 32768, "udp", "0.0.0.0"}}};
  auto seen = to_observation(state);
  CHECK(seen.alive);
  CHECK(seen.has_run);
  CHECK(seen.exit == core::Exit{});
  CHECK(seen.health == core::Health::Healthy);
  CHECK(seen.started_at == test::kNoon);
  CHECK(seen.network_bindings == std::vector<core::NetworkBinding>{{"0.0.0.0", 80, 32768, "udp"}});

  state.alive = false;
  state.oom_killed = true;
  state.error = "words";
  seen = to_observation(state);
  CHECK_FALSE(seen.alive);
  CHECK(seen.has_run);
  CHECK(seen.exit == core::Exit{.code = 3, .out_of_memory = true, .error = "words"});

  seen = to_observation({});
  CHECK_FALSE(seen.alive);
  CHECK_FALSE(seen.has_run);
  CHECK_FALSE(seen.exit.code);
}

TEST_CASE("a health check that has not decided yet is unknown", "[unit][engine]") {
  CHECK(to_health(runtime::HealthStatus::None) == core::Health::Unknown);
  CHECK(to_health(runtime::HealthStatus::Starting) == core::Health::Unknown);
  CHECK(to_health(runtime::HealthStatus::Healthy) == core::Health::Healthy);
  CHECK(to_health(runtime::HealthStatus::Unhealthy) == core::Health::Unhealthy);
}

}  // namespace
}  // namespace longshore::engine
