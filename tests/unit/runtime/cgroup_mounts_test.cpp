#include "runtime/cgroup_mounts.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime {
namespace {

TEST_CASE("a v1 host's controllers are found where they are mounted", "[unit][runtime]") {
  const auto mounts = parse_cgroup_mounts(
      "23 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n"
      "33 32 0:29 / /sys/fs/cgroup/systemd rw shared:10 - cgroup cgroup rw,xattr,name=systemd\n"
      "36 32 0:33 / /sys/fs/cgroup/cpu,cpuacct rw shared:15 - cgroup cgroup rw,cpu,cpuacct\n"
      "37 32 0:34 / /sys/fs/cgroup/memory rw shared:16 - cgroup cgroup rw,memory\n");
  REQUIRE(mounts);
  CHECK(mounts->version() == 1);
  CHECK(mounts->path_for("cpu") == "/sys/fs/cgroup/cpu,cpuacct");
  CHECK(mounts->path_for("cpuacct") == "/sys/fs/cgroup/cpu,cpuacct");
  CHECK(mounts->path_for("memory") == "/sys/fs/cgroup/memory");
  CHECK(mounts->path_for("pids").empty());
  REQUIRE(mounts->hierarchies().size() == 3);
  CHECK(mounts->hierarchies()[0].controllers == std::vector<std::string>{"name=systemd"});
}

TEST_CASE("a v2 host has one tree for every controller", "[unit][runtime]") {
  const auto mounts = parse_cgroup_mounts(
      "31 23 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  REQUIRE(mounts);
  CHECK(mounts->version() == 2);
  CHECK(mounts->path_for("cpu") == "/sys/fs/cgroup");
  CHECK(mounts->path_for("memory") == "/sys/fs/cgroup");
}

TEST_CASE("a hybrid host counts as v1 and its v2 tree is not offered for v1 controllers",
          "[unit][runtime]") {
  const auto mounts = parse_cgroup_mounts(
      "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  REQUIRE(mounts);
  CHECK(mounts->version() == 1);
  CHECK(mounts->path_for("memory") == "/sys/fs/cgroup/memory");
  CHECK(mounts->path_for("hugetlb").empty());
  CHECK(mounts->hierarchies().size() == 2);
}

TEST_CASE("a v2 tree beside systemd's named v1 hierarchy counts as v2", "[unit][runtime]") {
  const auto mounts = parse_cgroup_mounts(
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
      "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  REQUIRE(mounts);
  CHECK(mounts->version() == 2);
  CHECK(mounts->path_for("cpu") == "/sys/fs/cgroup");
}

TEST_CASE("a hierarchy mounted twice counts once, where its root is shown", "[unit][runtime]") {
  const auto mounts = parse_cgroup_mounts(
      "50 31 0:32 /docker/4f /mnt/part rw - cgroup cgroup rw,memory\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "51 31 0:32 / /mnt/later rw - cgroup cgroup rw,memory\n");
  REQUIRE(mounts);
  CHECK(mounts->hierarchies().size() == 1);
  CHECK(mounts->path_for("memory") == "/sys/fs/cgroup/memory");
}

TEST_CASE("escaped characters of a mount point are read", "[unit][runtime]") {
  const auto mounts =
      parse_cgroup_mounts("35 31 0:32 / /mnt/a\\040b\\134c rw - cgroup cgroup rw,memory\n");
  REQUIRE(mounts);
  CHECK(mounts->path_for("memory") == "/mnt/a b\\c");
}

TEST_CASE("text that is not mountinfo is refused with its line", "[unit][runtime]") {
  const auto no_separator = parse_cgroup_mounts(
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\nnonsense\n");
  REQUIRE_FALSE(no_separator);
  CHECK(no_separator.error().code == ErrorCode::InvalidInput);
  CHECK(no_separator.error().message.find("line 2") != std::string::npos);
  CHECK_FALSE(parse_cgroup_mounts("1 2 3 - cgroup cgroup rw\n"));
  CHECK_FALSE(parse_cgroup_mounts("35 31 0:32 / /x rw - cgroup\n"));
}

TEST_CASE("a host without cgroups is unavailable", "[unit][runtime]") {
  for (const auto* text : {"", "23 28 0:21 / /sys rw - sysfs sysfs rw\n"}) {
    const auto mounts = parse_cgroup_mounts(text);
    REQUIRE_FALSE(mounts);
    CHECK(mounts.error().code == ErrorCode::Unavailable);
  }
}

}  // namespace
}  // namespace longshore::runtime
