#include "runtime/cgroup/group_names.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::cgroup {
namespace {

TEST_CASE("a task's parent is a path for cgroupfs and a slice for systemd", "[unit][cgroup]") {
  CHECK(cgroup_parent_for("9f8e", "/ecs", "cgroupfs") == "/ecs/9f8e");
  CHECK(cgroup_parent_for("9f8e", "/ecs", "systemd") == "ecstasks-9f8e.slice");
}

TEST_CASE("task ids of both forms are accepted", "[unit][cgroup]") {
  CHECK(check_task_id("8b6c3f0e5b7c4d1a9f8e7d6c5b4a3f2e"));
  CHECK(check_task_id("8b6c3f0e-5b7c-4d1a-9f8e-7d6c5b4a3f2e"));
}

TEST_CASE("an id that could leave its folder is refused", "[unit][cgroup]") {
  for (const std::string& id :
       {std::string{}, std::string{".."}, std::string{"a/b"}, std::string{"../memory"},
        std::string{"a b"}, std::string("a\0b", 3), std::string(129, 'a')}) {
    const auto status = check_task_id(id);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace longshore::runtime::cgroup
