#include "runtime/cgroup/group_names.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace longshore::runtime::cgroup {
namespace {

TEST_CASE("a task's parent is a path for cgroupfs and a slice for systemd", "[unit][cgroup]") {
  CHECK(cgroup_parent_for("9f8e", "/ecs", "cgroupfs") == "/ecs/9f8e");
  CHECK(cgroup_parent_for("9f8e", "/ecs", "systemd") == "ecstasks-9f8e.slice");
}

TEST_CASE("a container's group is below its task's, or where the engine puts all others",
          "[unit][cgroup]") {
  const ContainerId id{"0a1b"};
  using Names = std::vector<std::string>;
  CHECK(container_groups("9f8e", id, "/ecs", "cgroupfs") == Names{"ecs/9f8e/0a1b", "docker/0a1b"});
  CHECK(container_groups("9f8e", id, "/ecs", "systemd") ==
        Names{"ecstasks.slice/ecstasks-9f8e.slice/docker-0a1b.scope",
              "system.slice/docker-0a1b.scope"});
}

TEST_CASE("a slice lies inside those that its name begins with", "[unit][cgroup]") {
  CHECK(container_groups("9f-8e", ContainerId{"0a"}, "", "systemd").front() ==
        "ecstasks.slice/ecstasks-9f.slice/ecstasks-9f-8e.slice/docker-0a.scope");
}

TEST_CASE("task ids of both forms are accepted", "[unit][cgroup]") {
  CHECK(check_task_id("8b6c3f0e5b7c4d1a9f8e7d6c5b4a3f2e"));
  CHECK(check_task_id("8b6c3f0e-5b7c-4d1a-9f8e-7d6c5b4a3f2e"));
}

TEST_CASE("an id that could leave its folder is refused", "[unit][cgroup]") {
  for (const std::string& id :
       {std::string{}, std::string{".."}, std::string{"a/b"}, std::string{"../memory"},
        std::string{"a b"}, std::string("a\0b", 3), std::string(129, 'a')}) {
    for (const Status& status : {check_task_id(id), check_container_id(ContainerId{id})}) {
      REQUIRE_FALSE(status);
      CHECK(status.error().code == ErrorCode::InvalidInput);
    }
  }
}

}  // namespace
}  // namespace longshore::runtime::cgroup
