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

TEST_CASE("mounts and commands are passed on, ports are left to who picks them", "[unit][engine]") {
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
  CHECK(spec.ports.empty());
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
  CHECK(refused.error().name == "CannotCreateContainerError");
  CHECK(refused.error().error.code == ErrorCode::InvalidInput);
  CHECK_THAT(refused.error().error.message,
             Catch::Matchers::Contains("container web") &&
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

TEST_CASE("a health check that is asked for must be described by the task itself",
          "[unit][engine]") {
  const auto asking = [](const std::string& patch) {
    return with(two_containers(), [&](core::TaskSpec& s) {
      s.containers[0].has_health_check = true;
      s.containers[0].config_patch = patch;
    });
  };
  CHECK(to_runtime_spec(asking(R"({"Healthcheck":{"Test":["NONE"]}})"), 0, {}, "", kSettings));
  CHECK(to_runtime_spec(asking(R"({"healthcheck":{}})"), 0, {}, "", kSettings));
  CHECK(to_runtime_spec(asking(""), 1, {}, "", kSettings));
  for (const char* patch : {"", "{}", R"({"User":"app"})", R"({"Healthcheck":null})"}) {
    INFO(patch);
    const auto refused = to_runtime_spec(asking(patch), 0, {}, "", kSettings);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().name == "DockerClientConfigError");
    CHECK(refused.error().error ==
          Error{ErrorCode::InvalidInput,
                "docker health check is nil while container health check type is DOCKER"});
  }
}

TEST_CASE("a volume is mounted under the engine's name for it", "[unit][engine]") {
  auto task = with(two_containers(), [](core::TaskSpec& s) {
    s.volumes = {{.name = "scratch"}, {.name = "logs", .scope = core::VolumeScope::Shared}};
    s.containers[0].mounts = {{.container_path = "/l", .volume = "logs"},
                              {.container_path = "/s", .read_only = true, .volume = "scratch"},
                              {.source = "/host", .container_path = "/h"}};
  });
  task.volume_names = {"ecs-family-3-scratch-0f", "logs"};
  CHECK(request(task).binds == Strings{"logs:/l", "ecs-family-3-scratch-0f:/s:ro", "/host:/h"});
}

/// web and a pause container that the engine knows as "abc", with these modes.
core::TaskState sharing(const std::string& pid_mode, const std::string& ipc_mode) {
  core::ContainerSpec pause = test::container("~internal~ecs~pause~namespace");
  pause.kind = core::ContainerKind::NamespacePause;
  auto task = with(test::task_of({test::container("web"), pause}), [&](core::TaskSpec& s) {
    s.pid_mode = pid_mode;
    s.ipc_mode = ipc_mode;
    s.task_role_credentials_id = "creds-1";
  });
  task.containers[1].runtime_id = ContainerId("abc");
  return task;
}

TEST_CASE("a container's flaw is what its request fails with, before all else", "[unit][engine]") {
  const auto task = with(two_containers(), [](core::TaskSpec& s) {
    s.containers[0].has_health_check = true;
    s.containers[0].flaw = core::Flaw{"HostConfigError", "Invalid volume referenced: gone"};
  });
  const auto refused = to_runtime_spec(task, 0, {}, "", kSettings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().name == "HostConfigError");
  CHECK(refused.error().error == Error{ErrorCode::InvalidInput, "Invalid volume referenced: gone"});
  CHECK(to_runtime_spec(task, 1, {}, "", kSettings));
}

TEST_CASE("a log driver is told what the host knows of its service", "[unit][engine]") {
  EngineSettings settings = kSettings;
  settings.awslogs_endpoint = "https://logs";
  CHECK(request(two_containers()).awslogs_endpoint.empty());
  CHECK(to_runtime_spec(two_containers(), 0, {}, "", settings)->awslogs_endpoint == "https://logs");
}

TEST_CASE("containers join the namespaces of the one that holds them", "[unit][engine]") {
  CHECK(request(sharing("task", "task")).pid_mode == "container:abc");
  CHECK(request(sharing("task", "task")).ipc_mode == "container:abc");
  CHECK(request(sharing("task", "host")).ipc_mode == "host");
  CHECK(request(sharing("task", "")).ipc_mode.empty());
  CHECK(request(sharing("host", "task")).pid_mode == "host");
  CHECK(request(sharing("task", "task")).network_mode.empty());
}

TEST_CASE("without the container that holds them there are no namespaces to join",
          "[unit][engine]") {
  auto task = sharing("task", "");
  task.containers[1].runtime_id = {};
  const auto refused = to_runtime_spec(task, 0, {}, "", kSettings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().name == "HostConfigError");
  CHECK_THAT(refused.error().error.message, Catch::Matchers::Contains("container web"));
}

TEST_CASE("the container that holds namespaces is alone in its own", "[unit][engine]") {
  EngineSettings settings = kSettings;
  settings.pause_labels = {{"team", "core"}, {kContainerNameLabel, "mine"}};
  const auto pause = [&](const std::string& pid_mode, const std::string& ipc_mode) {
    const auto spec = to_runtime_spec(sharing(pid_mode, ipc_mode), 1, {}, "/ecs/id", settings);
    REQUIRE(spec);
    return *spec;
  };
  const auto spec = pause("task", "task");
  CHECK(spec.network_mode == "none");
  CHECK(spec.ipc_mode == "shareable");
  CHECK(spec.pid_mode.empty());
  CHECK(spec.environment.empty());
  CHECK(spec.cgroup_parent == "/ecs/id");
  CHECK(spec.labels.at("team") == "core");
  CHECK(spec.labels.at(kContainerNameLabel) == "~internal~ecs~pause~namespace");
  CHECK(spec.labels.at(kTaskArnLabel) == sharing("", "").spec->arn.str());
  CHECK(pause("task", "host").ipc_mode.empty());
  CHECK(pause("host", "task").pid_mode.empty());

  const auto web = to_runtime_spec(sharing("task", "task"), 0, {}, "", settings);
  REQUIRE(web);
  CHECK_FALSE(web->labels.contains("team"));
  CHECK(variable(*web, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") == "/v2/credentials/creds-1");
}

}  // namespace
}  // namespace longshore::engine
