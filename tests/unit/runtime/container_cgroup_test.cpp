#include "runtime/container_cgroup.hpp"

#include <catch2/catch.hpp>

using namespace longshore;
using namespace longshore::runtime;

namespace {

const ContainerId kId{"8b6c3f0e"};

CgroupMounts v1_mounts() {
  return CgroupMounts(
      {{.version = 1, .mount_point = "/c/cpu,cpuacct", .controllers = {"cpu", "cpuacct"}},
       {.version = 1, .mount_point = "/c/memory", .controllers = {"memory"}},
       {.version = 1, .mount_point = "/c/blkio", .controllers = {"blkio"}},
       {.version = 2, .mount_point = "/c/unified"}});
}

CgroupMounts v2_mounts() { return CgroupMounts({{.version = 2, .mount_point = "/sys/fs/cgroup"}}); }

}  // namespace

TEST_CASE("on v1 each hierarchy has its own directory", "[unit][runtime]") {
  const auto found = find_container_cgroup(
      "5:blkio:/docker/8b6c3f0e\n4:memory:/ecs/t1/8b6c3f0e\n3:cpu,cpuacct:/docker/8b6c3f0e\n"
      "2:name=systemd:/x\n0::/elsewhere\n",
      kId, v1_mounts());
  REQUIRE(found);
  CHECK(*found == ContainerCgroup{.version = CgroupVersion::V1,
                                  .cpu = "/c/cpu,cpuacct/docker/8b6c3f0e",
                                  .memory = "/c/memory/ecs/t1/8b6c3f0e",
                                  .io = "/c/blkio/docker/8b6c3f0e"});
}

TEST_CASE("a v1 host without blkio accounts no block I/O", "[unit][runtime]") {
  const CgroupMounts mounts(
      {{.version = 1, .mount_point = "/c/cpuacct", .controllers = {"cpuacct"}},
       {.version = 1, .mount_point = "/c/memory", .controllers = {"memory"}}});
  const auto found = find_container_cgroup("4:memory:/a\n3:cpuacct:/a\n", kId, mounts);
  REQUIRE(found);
  CHECK(found->io.empty());
}

TEST_CASE("on v2 one directory has everything", "[unit][runtime]") {
  const auto found =
      find_container_cgroup("0::/ecs.slice/docker-8b6c3f0e.scope\n", kId, v2_mounts());
  REQUIRE(found);
  const std::string directory = "/sys/fs/cgroup/ecs.slice/docker-8b6c3f0e.scope";
  CHECK(*found ==
        ContainerCgroup{
            .version = CgroupVersion::V2, .cpu = directory, .memory = directory, .io = directory});
}

TEST_CASE("a process further down leads to its container's group", "[unit][runtime]") {
  const auto found =
      find_container_cgroup("0::/s/docker-8b6c3f0e.scope/init.scope/x\n", kId, v2_mounts());
  REQUIRE(found);
  CHECK(found->cpu == "/sys/fs/cgroup/s/docker-8b6c3f0e.scope");
}

TEST_CASE("a group that cannot be found or reached is an error", "[unit][runtime]") {
  const auto code_of = [](std::string_view text, const CgroupMounts& mounts) {
    const auto found = find_container_cgroup(text, kId, mounts);
    REQUIRE_FALSE(found);
    return found.error().code;
  };
  CHECK(code_of("", v2_mounts()) == ErrorCode::NotFound);
  CHECK(code_of("garbage\n0:\n", v2_mounts()) == ErrorCode::NotFound);
  CHECK(code_of("4:memory:/a\n", v1_mounts()) == ErrorCode::NotFound);
  CHECK(code_of("0::/../other\n", v2_mounts()) == ErrorCode::Unavailable);
  const CgroupMounts no_memory(
      {{.version = 1, .mount_point = "/c/cpuacct", .controllers = {"cpuacct"}}});
  CHECK(code_of("3:cpuacct:/a\n", no_memory) == ErrorCode::Unavailable);
}
