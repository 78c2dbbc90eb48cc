#include "runtime/docker/engine_messages.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("an engine's versions are read", "[unit][docker]") {
  const auto version =
      parse_version(R"({"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"})");
  REQUIRE(version);
  CHECK(version->version == "20.10.24");
  CHECK(version->api.newest == ApiVersion{1, 41});
  CHECK(version->api.oldest == ApiVersion{1, 12});
}

TEST_CASE("an engine that tells no oldest version speaks one", "[unit][docker]") {
  CHECK(parse_version(R"({"ApiVersion": "1.24"})")->api.oldest == ApiVersion{1, 24});
}

TEST_CASE("versions that are none are refused with their path", "[unit][docker]") {
  CHECK(parse_version(R"({"ApiVersion": "new"})").error().message.starts_with("ApiVersion: "));
  CHECK_FALSE(parse_version("{}"));
}

TEST_CASE("the engine's cgroups and volume drivers are read", "[unit][docker]") {
  const auto info = parse_info(R"({"CgroupDriver": "systemd", "CgroupVersion": "2",
      "Plugins": {"Volume": ["local", "rexray/ebs:latest"], "Log": ["awslogs"]}})");
  REQUIRE(info);
  CHECK(info->cgroup_version == 2);
  CHECK(info->cgroup_driver == "systemd");
  CHECK(info->volume_drivers == std::vector<std::string>{"local", "rexray/ebs:latest"});
  CHECK(parse_info(R"({"CgroupDriver": "cgroupfs"})")->cgroup_version == 1);
  CHECK(parse_info(R"({"Plugins": {"Volume": null}})")->volume_drivers.empty());
  CHECK_FALSE(parse_info(R"({"CgroupVersion": "3"})"));
}

TEST_CASE("an image's id, digests and environment are read", "[unit][docker]") {
  const auto image = parse_image(
      R"({"Id": "sha256:0a", "RepoDigests": ["r/app@sha256:1"], "Config": {"Env": ["PATH=/bin"]}})");
  REQUIRE(image);
  CHECK(image->id == "sha256:0a");
  CHECK(image->repo_digests == std::vector<std::string>{"r/app@sha256:1"});
  CHECK(image->environment == std::vector<std::string>{"PATH=/bin"});
  CHECK(parse_image(R"({"Id": "x", "RepoDigests": null, "Config": null})"));
  CHECK_FALSE(parse_image(R"({"RepoDigests": []})"));
}

TEST_CASE("a volume is read, with or without options and labels", "[unit][docker]") {
  const auto volume = parse_volume(R"({"Name": "data", "Driver": "local", "Mountpoint": "/x",
      "Options": {"type": "tmpfs"}, "Labels": {"k": "v"}})");
  REQUIRE(volume);
  CHECK(*volume == VolumeState{.name = "data",
                               .driver = "local",
                               .driver_options = {{"type", "tmpfs"}},
                               .labels = {{"k", "v"}}});
  CHECK(parse_volume(R"({"Name": "a", "Driver": "b", "Options": null, "Labels": null})") ==
        VolumeState{.name = "a", .driver = "b"});
  for (const auto* broken : {R"({"Name": "a"})", R"({"Driver": "b"})",
                             R"({"Name": "a", "Driver": "b", "Labels": {"k": 1}})"}) {
    INFO(broken);
    const auto refused = parse_volume(broken);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::InvalidInput);
  }
}

TEST_CASE("a registry's digest is read", "[unit][docker]") {
  CHECK(*parse_distribution(R"({"Descriptor": {"mediaType":
      "application/vnd.docker.distribution.manifest.v2+json", "digest": "sha256:0a"}})") ==
        "sha256:0a");
  CHECK_FALSE(parse_distribution(R"({"Descriptor": {"digest": "latest"}})"));
  CHECK_FALSE(parse_distribution(R"({"Descriptor": {}})"));
}

TEST_CASE("a manifest of schema 1 has no digest to pull by", "[unit][docker]") {
  for (const auto* type : {"json", "prettyjws"}) {
    const auto digest = parse_distribution(
        R"({"Descriptor": {"mediaType": "application/vnd.docker.distribution.manifest.v1+)" +
        std::string(type) + R"(", "digest": "sha256:0a"}})");
    REQUIRE(digest);
    CHECK(digest->empty());
  }
}

TEST_CASE("the engine's reason is found in JSON and in plain text", "[unit][docker]") {
  CHECK(parse_error_text(R"({"message": "no"})") == "no");
  CHECK(parse_error_text("page not found\n") == "page not found");
  CHECK(parse_error_text(R"({"message": ""})") == R"({"message": ""})");
  CHECK(parse_error_text("").empty());
  CHECK(parse_error_text(std::string(100'000, 'x')).size() == 4096);
}

TEST_CASE("progress tells its error in either field", "[unit][docker]") {
  CHECK(parse_progress_error(R"({"status": "Pulling"})")->empty());
  CHECK(*parse_progress_error(R"({"error": "a", "errorDetail": {"message": "b"}})") == "a");
  CHECK(*parse_progress_error(R"({"errorDetail": {"message": "b"}})") == "b");
  CHECK_FALSE(parse_progress_error(R"({"errorDetail": {}})")->empty());
  CHECK_FALSE(parse_progress_error("<html>"));
}

}  // namespace
}  // namespace longshore::runtime::docker
