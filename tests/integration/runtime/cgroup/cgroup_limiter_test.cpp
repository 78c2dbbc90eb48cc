#include "runtime/cgroup/cgroup_limiter.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/integration/runtime/cgroup/real_groups.hpp"
#include "tests/support/limiter_contract.hpp"

namespace longshore::runtime::cgroup {
namespace {

TEST_CASE("the kernel's groups keep the limiter contract", "[integration][cgroup]") {
  RealGroups groups;
  testing::check_limiter_contract(groups.engine.io, *groups.limiter, [&](const std::string& id) {
    return !groups.everywhere(id).empty();
  });
}

TEST_CASE("limits reach the kernel and go again", "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  const TaskLimits limits{.cpu_vcpus = 0.5, .memory_bytes = 64 << 20, .pids = 50};
  REQUIRE(groups.run(groups.limiter->create("task", limits)));
  REQUIRE(groups.run(groups.limiter->create("task", limits)));
  CHECK(groups.value("memory", "memory.limit_in_bytes", "memory.max") == "67108864");
  CHECK(groups.value("pids", "pids.max", "pids.max") == "50");
  if (groups.settings.version == 2) {
    CHECK(groups.value("cpu", "", "cpu.max") == "50000 100000");
  } else {
    CHECK(groups.value("cpu", "cpu.cfs_quota_us", "") == "50000");
    CHECK(groups.value("cpu", "cpu.cfs_period_us", "") == "100000");
    CHECK(groups.value("memory", "memory.use_hierarchy", "") == "1");
  }
  REQUIRE(groups.run(groups.limiter->remove("task")));
  CHECK(groups.everywhere("task").empty());
  CHECK(groups.run(groups.limiter->remove("task")));
}

TEST_CASE("a value the kernel refuses is bad input and leaves no group", "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  // More than the 2^44 microseconds that fit into the kernel's arithmetic.
  const auto created = groups.run(groups.limiter->create("task", {.cpu_vcpus = 1e9}));
  REQUIRE_FALSE(created);
  CHECK(created.error().code == ErrorCode::InvalidInput);
  CHECK(created.error().message.find("cpu.") != std::string::npos);
  CHECK(groups.everywhere("task").empty());
}

TEST_CASE("a group with living processes is not removed, and not emptied",
          "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {.memory_bytes = 64 << 20})));
  auto spec = groups.engine.spec("limited", {"sleep", "60"});
  spec.cgroup_parent = groups.limiter->cgroup_parent("task");
  auto& docker = groups.engine.docker;
  const auto id = groups.engine.create(spec);
  REQUIRE(id);
  REQUIRE(groups.run(docker.start(*id, "")));
  const fs::path container =
      groups.mounts.path_for("memory") + groups.settings.root + "/task/" + id->str();
  const std::string pid = std::to_string(groups.run(docker.inspect(*id))->pid);
  REQUIRE(read_file(container / "cgroup.procs") == pid);
  // Nothing at all may go before it is sure that everything can.
  const auto whole = groups.everywhere("task");
  for (const fs::path& path : whole) {
    for (const auto* empty : {"a", "b", "c", "d", "e"}) fs::create_directory(path / empty);
  }

  const auto refused = groups.run(groups.limiter->remove("task"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Conflict);
  CHECK(read_file(container / "cgroup.procs") == pid);
  for (const fs::path& path : whole) {
    for (const auto* empty : {"a", "b", "c", "d", "e"}) CHECK(fs::exists(path / empty));
  }

  REQUIRE(groups.run(docker.stop(*id, std::chrono::seconds{0})));
  REQUIRE(groups.run(docker.remove(*id)));
  CHECK_FALSE(groups.everywhere("task").empty());
  REQUIRE(groups.run(groups.limiter->remove("task")));
  CHECK(groups.everywhere("task").empty());
}

TEST_CASE("empty groups inside a task's group go with it", "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {})));
  for (const fs::path& path : groups.everywhere("task")) fs::create_directories(path / "a" / "b");
  REQUIRE(groups.run(groups.limiter->remove("task")));
  CHECK(groups.everywhere("task").empty());
}

TEST_CASE("an engine with the systemd driver is told what to set", "[integration][cgroup]") {
  RealGroups groups;
  CgroupLimiter limiter(groups.lane, {.version = 2, .driver = "systemd"});
  for (const Status& status :
       {groups.run(limiter.prepare()), groups.run(limiter.create("task", {}))}) {
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::Unavailable);
    CHECK(status.error().message.find("native.cgroupdriver=cgroupfs") != std::string::npos);
  }
}

TEST_CASE("an engine whose cgroups are not this host's is noticed", "[integration][cgroup]") {
  RealGroups groups;
  auto settings = groups.settings;
  settings.version = 3 - settings.version;
  CgroupLimiter limiter(groups.lane, settings);
  const auto status = groups.run(limiter.prepare());
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::Unavailable);
}

TEST_CASE("an id that is no folder's name never reaches the kernel", "[integration][cgroup]") {
  RealGroups groups;
  CHECK(groups.run(groups.limiter->create("../x", {})).error().code == ErrorCode::InvalidInput);
  CHECK(groups.run(groups.limiter->remove("..")));  // And the root stays: groups are made below.
}

}  // namespace
}  // namespace longshore::runtime::cgroup
