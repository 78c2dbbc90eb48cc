#include "runtime/cgroup/exit_watch.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>

#include "tests/support/watched_host.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Host = testing::WatchedHost;
using testing::Process;

std::ptrdiff_t open_descriptors() {
  return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

TEST_CASE("an end is heard once, with the memory kills since the watch began",
          "[component][cgroup]") {
  Host host(GENERATE(1, 2));
  CAPTURE(host.version);
  Process process;
  host.place(process.pid(), "0a");
  host.count_kills("0a", 3);
  REQUIRE(host.watch("0a", process.pid()));
  CHECK(host.exits.memory_kills(ContainerId{"0a"}) == 0U);
  host.count_kills("0a", 5);
  CHECK(host.exits.memory_kills(ContainerId{"0a"}) == 2U);
  host.poll();
  CHECK(host.heard.empty());

  process.kill();
  REQUIRE(host.hears());
  CHECK(host.heard[0].id == ContainerId{"0a"});
  CHECK(host.heard[0].memory_kills == 2U);
  CHECK(host.exits.size() == 0);
  CHECK_FALSE(host.exits.memory_kills(ContainerId{"0a"}));
  process.end();
  host.poll();
  CHECK(host.heard.size() == 1);
}

TEST_CASE("the exit code is told once the process was waited for", "[component][cgroup]") {
  Host host;
  const auto [signal, code] = GENERATE(table<int, int>({{SIGUSR1, 7}, {SIGKILL, 137}}));
  Process process;
  host.place(process.pid(), "0a");
  REQUIRE(host.watch("0a", process.pid()));
  ::kill(process.pid(), signal);
  REQUIRE(host.hears());
  REQUIRE(host.heard[0].process);
  CHECK_FALSE(host.heard[0].process->exit_code());
  process.end();
  CHECK(host.heard[0].process->exit_code() == testing::if_told(code));
}

TEST_CASE("a process that has ended but was not waited for has all its group's kills",
          "[component][cgroup]") {
  Host host;
  Process process;
  host.place(process.pid(), "0a");
  host.count_kills("0a", 1);
  process.kill();
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(process.pid()), &ended, WEXITED | WNOWAIT) == 0);
  REQUIRE(host.watch("0a", process.pid()));
  CHECK(host.heard.empty());  // Never within the call.
  REQUIRE(host.hears());
  CHECK(host.heard[0].memory_kills == 1U);
}

TEST_CASE("a process that is gone, or another's now, is reported at once as unknown",
          "[component][cgroup]") {
  Host host;
  Process process;
  int pid = process.pid();
  SECTION("gone") { process.end(); }
  SECTION("never there") { pid = 0; }
  SECTION("not shown") {}
  SECTION("of another container") { host.place(pid, "0b"); }
  REQUIRE(host.watch("0a", pid));
  CHECK(host.heard.empty());  // Never within the call.
  REQUIRE(host.hears());
  CHECK(host.heard[0].id == ContainerId{"0a"});
  CHECK_FALSE(host.heard[0].memory_kills);
  CHECK(host.exits.size() == 0);
}

TEST_CASE("without a counter the end is heard all the same", "[component][cgroup]") {
  Host host;
  Process process;
  host.place(process.pid(), "0a");
  SECTION("no such file") {}
  SECTION("an old kernel's, which does not count") {
    Host::write(host.root / "cg/ecs/t/0a/memory.oom_control", "under_oom 0\n");
  }
  REQUIRE(host.watch("0a", process.pid()));
  process.kill();
  REQUIRE(host.hears());
  CHECK_FALSE(host.heard[0].memory_kills);
}

TEST_CASE("where the group is gone, the host's count tells what it can", "[component][cgroup]") {
  Host host;
  Process process;
  host.place(process.pid(), "0a");
  host.count_kills("0a", 0);
  Host::write(host.root / "proc/vmstat", "pgfault 7\noom_kill 4\n");
  const auto end = [&] {
    Host::write(host.root / "cg/ecs/t/0a/memory.oom_control", "");
    process.kill();
    REQUIRE(host.hears());
    return host.heard[0].memory_kills;
  };
  SECTION("nobody was killed for memory, so neither was this one") {
    REQUIRE(host.watch("0a", process.pid()));
    CHECK(end() == 0U);
  }
  SECTION("somebody was") {
    REQUIRE(host.watch("0a", process.pid()));
    Host::write(host.root / "proc/vmstat", "pgfault 9\noom_kill 5\n");
    CHECK_FALSE(end());
  }
  SECTION("a process that had ended when the watch began may be in the count already") {
    process.kill();
    siginfo_t ended{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(process.pid()), &ended, WEXITED | WNOWAIT) == 0);
    REQUIRE(host.watch("0a", process.pid()));
    CHECK_FALSE(end());
  }
}

TEST_CASE("a forgotten container is not heard of, even when it has ended already",
          "[component][cgroup]") {
  Host host;
  Process process;
  const auto before = open_descriptors();
  host.place(process.pid(), "0a");
  host.count_kills("0a", 0);
  SECTION("before its end") {
    REQUIRE(host.watch("0a", process.pid()));
    host.exits.forget(ContainerId{"0a"});
    process.end();
  }
  SECTION("after its end") {
    REQUIRE(host.watch("0a", process.pid()));
    process.end();
    host.exits.forget(ContainerId{"0a"});
  }
  SECTION("when it was gone from the beginning") {
    process.end();
    REQUIRE(host.watch("0a", process.pid()));
    host.exits.forget(ContainerId{"0a"});
  }
  host.poll();
  CHECK(host.heard.empty());
  CHECK(open_descriptors() <= before + 3);  // Asio's own: epoll, timer and wake-up.
}

TEST_CASE("watching the same process again goes on counting", "[component][cgroup]") {
  Host host;
  Process process;
  host.place(process.pid(), "0a");
  host.count_kills("0a", 0);
  REQUIRE(host.watch("0a", process.pid()));
  host.count_kills("0a", 1);
  REQUIRE(host.watch("0a", process.pid()));
  CHECK(host.exits.memory_kills(ContainerId{"0a"}) == 1U);
  process.kill();
  REQUIRE(host.hears());
  host.poll();
  CHECK(host.heard.size() == 1);
}

TEST_CASE("a restarted container is watched anew, and a late word of its old process is ignored",
          "[component][cgroup]") {
  Host host;
  Process first;
  Process second;
  host.place(first.pid(), "0a");
  host.count_kills("0a", 4);
  REQUIRE(host.watch("0a", first.pid()));
  host.place(second.pid(), "0a");
  REQUIRE(host.watch("0a", second.pid()));
  first.end();
  REQUIRE(host.watch("0a", first.pid()));
  host.poll();
  CHECK(host.heard.empty());
  host.count_kills("0a", 5);
  second.kill();
  REQUIRE(host.hears());
  CHECK(host.heard[0].memory_kills == 1U);
}

TEST_CASE("no more containers are watched than allowed", "[component][cgroup]") {
  Host host;
  std::vector<Process> processes(3);
  const std::vector<std::string> ids{"0a", "0b", "0c"};
  for (std::size_t i = 0; i < 3; ++i) host.place(processes[i].pid(), ids[i]);
  REQUIRE(host.watch("0a", processes[0].pid()));
  REQUIRE(host.watch("0b", processes[1].pid()));
  const Status refused = host.watch("0c", processes[2].pid());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Unavailable);
  host.exits.forget(ContainerId{"0a"});
  CHECK(host.watch("0c", processes[2].pid()));
}

TEST_CASE("whoever hears of an end may watch and forget in the same breath",
          "[component][cgroup]") {
  Host host;
  Process first;
  Process second;
  host.place(first.pid(), "0a");
  host.place(second.pid(), "0a");
  REQUIRE(host.exits.watch(ContainerId{"0a"}, first.pid(), [&](ContainerExit e) {
    host.exits.forget(e.id);
    CHECK(host.watch("0a", second.pid()));
  }));
  first.kill();
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (host.io.run_one_until(limit) > 0 && host.exits.size() == 0) {
  }
  second.kill();
  REQUIRE(host.hears());
}

}  // namespace
}  // namespace longshore::runtime::cgroup
