#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "runtime/cgroup/group_kill.hpp"
#include "tests/integration/runtime/cgroup/real_groups.hpp"
#include "tests/support/limiter_contract.hpp"

namespace longshore::runtime::cgroup {
namespace {

using namespace std::chrono_literals;

/// Its children take the ignored signal over.
const std::vector<std::string> kStubborn{
    "sh", "-c", "trap '' TERM; for i in 1 2 3 4; do sleep 1000 & done; wait"};
constexpr std::size_t kStubbornProcesses = 5;
/// A hundred processes at a time, each for half a second, without end.
const std::vector<std::string> kForks{"sh", "-c", "yes 0.5 | xargs -n 1 -P 100 sleep"};

void write_file(const fs::path& path, const std::string& text) {
  INFO(path.string());
  std::ofstream file(path);
  file << text << std::flush;
  REQUIRE(file.good());
}

/// The engine's own pause, which freezes the container's group.
void pause(const ContainerId& id) {
  const std::string command =
      fmt::format("/usr/bin/docker -H unix://{} pause {} >/dev/null",
                  docker::from_runner("LONGSHORE_TEST_DOCKER_SOCKET"), id.str());
  REQUIRE(std::system(command.c_str()) == 0);
}

bool engine_sees_end(RealGroups& groups, const ContainerId& id) {
  return groups.wait_until([&] {
    const auto seen = groups.run(groups.engine.docker.inspect(id));
    return seen && !seen->alive && seen->exit_code == 137;
  });
}

/// Thaws a v1 group in the end, whatever was checked: what is frozen cannot be waited for.
struct Thawed {
  fs::path group{};
  ~Thawed() { std::ofstream(group / "freezer.state") << "THAWED"; }
};

/// `count` processes that do nothing, children of this program; ended with this object.
class Idlers {
 public:
  explicit Idlers(int count) {
    for (int i = 0; i < count; ++i) {
      const pid_t pid = ::fork();
      REQUIRE(pid >= 0);
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (true) ::pause();
      }
      pids_.push_back(pid);
    }
  }
  ~Idlers() {
    for (const pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  Idlers(const Idlers&) = delete;
  Idlers& operator=(const Idlers&) = delete;

  const std::vector<pid_t>& pids() const { return pids_; }
  /// How many a signal has ended, within 5 s.
  int ended() {
    const auto limit = std::chrono::steady_clock::now() + 5s;
    int count = 0;
    for (pid_t& pid : pids_) {
      siginfo_t end{};
      while (end.si_pid == 0 && std::chrono::steady_clock::now() < limit) {
        ::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT);
      }
      if (end.si_pid != 0 && end.si_status == SIGKILL) ++count;
    }
    return count;
  }
  bool is_alive(pid_t pid) const {
    siginfo_t end{};
    ::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT);
    return end.si_pid == 0;
  }

 private:
  std::vector<pid_t> pids_{};
};

TEST_CASE("the kernel's groups keep the contract of kills", "[integration][cgroup]") {
  RealGroups groups;
  const auto start = [&](const std::string& task_id) {
    return std::pair(groups.start(task_id, "first", kStubborn),
                     groups.start(task_id, "second", kStubborn));
  };
  const auto alive = [&](const ContainerId& id) { return !groups.processes("one", id).empty(); };
  testing::check_kill_contract(groups.engine.io, *groups.limiter, start, alive);
}

TEST_CASE("a container that ignores SIGTERM is killed with all its processes",
          "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {})));
  const ContainerId id = groups.start("task", "stubborn", kStubborn);
  REQUIRE(
      groups.wait_until([&] { return groups.processes("task", id).size() == kStubbornProcesses; }));
  SECTION("running") {}
  SECTION("paused by the engine") { pause(id); }
  REQUIRE(groups.run(groups.limiter->kill("task", id)));
  CHECK(groups.processes("task", id).empty());
  CHECK(engine_sees_end(groups, id));
}

TEST_CASE("a container that forks without end is killed", "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {})));
  const ContainerId id = groups.start("task", "forks", kForks);
  REQUIRE(groups.wait_until([&] { return groups.processes("task", id).size() > 50; }));
  REQUIRE(groups.run(groups.limiter->kill("task", id)));
  CHECK(groups.processes("task", id).empty());
  CHECK(engine_sees_end(groups, id));
}

TEST_CASE("processes that cannot die now are counted", "[integration][cgroup]") {
  RealGroups groups;
  if (groups.settings.version == 2) return;  // There, even a frozen process can be killed.
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {})));
  const ContainerId id = groups.start("task", "frozen", kStubborn);
  REQUIRE(
      groups.wait_until([&] { return groups.processes("task", id).size() == kStubbornProcesses; }));
  // Frozen with the task's group around it, the container's own group cannot thaw.
  const std::string state =
      groups.mounts.path_for("freezer") + groups.settings.root + "/task/freezer.state";
  write_file(state, "FROZEN");
  const auto stuck = groups.run(groups.limiter->kill("task", id));
  write_file(state, "THAWED");
  REQUIRE_FALSE(stuck);
  CHECK(stuck.error().code == ErrorCode::Timeout);
  CHECK(stuck.error().message.find(": 5 processes remain") != std::string::npos);
  CHECK(engine_sees_end(groups, id));
}

/// The task's paths in the hierarchies that have no cgroup.kill. Not cpuset's, which takes no
/// process before it was given CPUs.
std::vector<fs::path> paths_without_kill_file(const RealGroups& groups) {
  std::vector<fs::path> paths;
  for (const CgroupHierarchy& h : groups.mounts.hierarchies()) {
    if (std::find(h.controllers.begin(), h.controllers.end(), "cpuset") != h.controllers.end()) {
      continue;
    }
    const fs::path task = h.mount_point + groups.settings.root + "/task";
    fs::create_directories(task);
    if (!fs::exists(task / "cgroup.kill")) paths.push_back(task);
  }
  return paths;
}

TEST_CASE("without cgroup.kill each process is signalled by itself, and no other",
          "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {})));
  Idlers inside(150);
  Idlers below(3);
  Idlers beside(3);
  const auto task = paths_without_kill_file(groups);
  if (task.empty()) return;  // A v2 host with a kernel that has the file.
  std::vector<fs::path> container;
  for (const fs::path& path : task) {
    container.push_back(path / "0a");
    fs::create_directories(path / "0a" / "inner");
    fs::create_directories(path / "0b");
    for (const pid_t pid : inside.pids())
      write_file(path / "0a/cgroup.procs", fmt::format("{}", pid));
    for (const pid_t pid : below.pids()) {
      write_file(path / "0a/inner/cgroup.procs", fmt::format("{}", pid));
    }
    for (const pid_t pid : beside.pids())
      write_file(path / "0b/cgroup.procs", fmt::format("{}", pid));
  }
  // As numbers that were read from a group and mean other processes by now.
  REQUIRE(kill_members(container.front(), beside.pids()));
  const std::string freezer = groups.mounts.path_for("freezer") + groups.settings.root;
  SECTION("running") {}
  const Thawed below_in_the_end{freezer + "/task/0a/inner"};
  const Thawed in_the_end{freezer + "/task/0a"};
  SECTION("frozen, the group below by itself") {
    write_file(freezer + "/task/0a/inner/freezer.state", "FROZEN");
    write_file(freezer + "/task/0a/freezer.state", "FROZEN");
  }
  REQUIRE(kill_groups(container));
  CHECK(inside.ended() == 150);
  CHECK(below.ended() == 3);
  for (const pid_t pid : beside.pids()) CHECK(beside.is_alive(pid));
  CHECK(read_file(freezer + "/task/0a/freezer.state") == "THAWED");
  CHECK(kill_groups(container) == std::size_t{0});
  const auto missing = kill_groups({task.front() / "0c"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::NotFound);
}

TEST_CASE("a forking container is killed without cgroup.kill, too", "[integration][cgroup]") {
  RealGroups groups;
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("task", {})));
  const ContainerId id = groups.start("task", "forks", kForks);
  REQUIRE(groups.wait_until([&] { return groups.processes("task", id).size() > 50; }));
  std::vector<fs::path> paths;
  for (const fs::path& path : groups.everywhere("task/" + id.str())) {
    if (!fs::exists(path / "cgroup.kill")) paths.push_back(path);
  }
  if (paths.empty()) return;  // A v2 host with a kernel that has the file.
  CHECK(groups.wait_until([&] {
    const auto left = kill_groups(paths);
    return !left || *left == 0;
  }));
  CHECK(groups.processes("task", id).empty());
}

TEST_CASE("an id that is no folder's name is not looked for", "[integration][cgroup]") {
  RealGroups groups;
  CHECK(groups.run(groups.limiter->kill("../x", ContainerId{"0a"})).error().code ==
        ErrorCode::InvalidInput);
  CHECK(groups.run(groups.limiter->kill("task", ContainerId{"../x"})).error().code ==
        ErrorCode::InvalidInput);
}

TEST_CASE("groups of other names are not listed as tasks", "[integration][cgroup]") {
  RealGroups groups;
  CHECK(groups.run(groups.limiter->list())->empty());
  REQUIRE(groups.run(groups.limiter->prepare()));
  REQUIRE(groups.run(groups.limiter->create("9f8e", {})));
  const fs::path odd = groups.everywhere("").front() / "init.scope";
  fs::create_directory(odd);
  const auto listed = groups.run(groups.limiter->list());
  fs::remove(odd);
  REQUIRE(listed);
  CHECK(*listed == std::vector<TaskGroup>{{"9f8e", false}});
}

}  // namespace
}  // namespace longshore::runtime::cgroup
