#include "agent/control/to_volumes.hpp"

#include <utility>

#include "wire_task.hpp"

namespace longshore::control {
namespace {

Result<TaskVolumes> convert(const std::string& volumes) {
  return to_volumes(testing::read_task(testing::task_with(R"({"volumes": )" + volumes + R"(,
      "containers": [{"name": "plain"}, {"name": "web", "mountPoints": [
          {"sourceVolume": "path"}, {"sourceVolume": "empty"}]}]})")));
}

}  // namespace

TEST_CASE("each volume is a path of the host or one that the engine keeps", "[unit][control]") {
  const auto volumes = convert(R"([
      {"name": "path", "type": "host", "host": {"sourcePath": "/srv"}},
      {"name": "empty", "host": {"sourcePath": ""}},
      {"name": "own", "type": "docker", "dockerVolumeConfiguration":
          {"scope": "task", "autoprovision": false, "driver": "local",
           "driverOpts": {"type": "tmpfs", "device": "tmpfs"}, "labels": {"team": "a"}}},
      {"name": "made", "type": "docker", "dockerVolumeConfiguration":
          {"scope": "shared", "autoprovision": true}},
      {"name": "there", "type": "docker", "dockerVolumeConfiguration": {"scope": "shared"}}])");
  REQUIRE(volumes);
  CHECK(volumes->paths == VolumePaths{{"path", "/srv"},
                                      {"empty", std::nullopt},
                                      {"own", std::nullopt},
                                      {"made", std::nullopt},
                                      {"there", std::nullopt}});
  const std::vector<core::Volume> kept{
      {.name = "empty"},
      {.name = "own",
       .driver = "local",
       .driver_options = {{"type", "tmpfs"}, {"device", "tmpfs"}},
       .labels = {{"team", "a"}}},
      {.name = "made", .scope = core::VolumeScope::Shared, .autoprovision = true},
      {.name = "there", .scope = core::VolumeScope::Shared}};
  CHECK(volumes->kept == kept);
}

TEST_CASE("an empty volume of the host that nobody mounts is not made", "[unit][control]") {
  const auto volumes = convert(R"([
      {"name": "spare", "host": {}}, {"name": "empty", "host": {}},
      {"name": "own", "type": "docker", "dockerVolumeConfiguration": {"scope": "task"}}])");
  REQUIRE(volumes);
  CHECK(volumes->paths.contains("spare"));
  CHECK(volumes->kept == std::vector<core::Volume>{{.name = "empty"}, {.name = "own"}});
}

TEST_CASE("a volume of any scope but the task's is shared", "[unit][control]") {
  for (const char* scope : {"{}", R"({"scope": ""})", R"({"scope": "host"})"}) {
    INFO(scope);
    const auto volumes =
        convert(R"([{"name": "v", "type": "docker", "dockerVolumeConfiguration": )" +
                std::string(scope) + "}]");
    REQUIRE(volumes);
    CHECK(volumes->kept.at(0).scope == core::VolumeScope::Shared);
  }
}

TEST_CASE("a volume's impossible value names its member", "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"([{"host": {"sourcePath": "/x"}}])", "volumes[0].name: required, but missing"},
      {R"([{"name": "v"}])", "volumes[0].host: required, but missing"},
      {R"([{"name": "v", "type": "ebs", "host": {}}])",
       "volumes[0].type: expected host or docker, got ebs"},
      {R"([{"name": "v", "host": {}}, {"name": "v", "host": {}}])",
       "volumes[1].name: expected a name of its own, got v again"},
      {R"([{"name": "v", "type": "docker"}])",
       "volumes[0].dockerVolumeConfiguration: required, but missing"}};
  for (const auto& [volumes, message] : cases) {
    INFO(volumes);
    const auto converted = convert(volumes);
    REQUIRE_FALSE(converted);
    CHECK(converted.error().message == message);
  }
}

TEST_CASE("more volumes, options or labels than anyone can mean are refused", "[unit][control]") {
  protocol::AcsTask task{.volumes = std::vector<protocol::AcsVolume>(1001)};
  CHECK(to_volumes(task).error().message == "volumes: at most 1000 entries, got 1001");
  protocol::DockerVolumeBlock docker{.scope = "shared"};
  for (int i = 0; i < 1001; ++i) docker.labels[std::to_string(i)] = "";
  task.volumes = {{.name = "v", .type = "docker", .docker = docker}};
  CHECK(to_volumes(task).error().message ==
        "volumes[0].dockerVolumeConfiguration.labels: at most 1000 entries, got 1001");
  std::swap(docker.labels, docker.driver_opts);
  task.volumes[0].docker = docker;
  CHECK(to_volumes(task).error().message ==
        "volumes[0].dockerVolumeConfiguration.driverOpts: at most 1000 entries, got 1001");
}

}  // namespace longshore::control
