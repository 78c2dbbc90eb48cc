#include "runtime/cgroup/exit_watch.hpp"

#include <signal.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tests/integration/runtime/cgroup/real_groups.hpp"
#include "tests/support/watched_host.hpp"

namespace longshore::runtime::cgroup {
namespace {

using std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
constexpr std::int64_t kMib = 1 << 20;
/// Takes 64 MiB, which is more than the limits here allow.
const std::string kHog = "dd if=/dev/zero of=/dev/null bs=64M count=1";

std::ptrdiff_t open_descriptors() {
  return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

/// Containers of one task group, their ends as the watch heard them, and as the engine told them.
class Watched {
 public:
  explicit Watched(TaskLimits limits = {}) {
    REQUIRE(groups.run(groups.limiter->prepare()));
    REQUIRE(groups.run(groups.limiter->create("task", limits)));
    boost::asio::co_spawn(
        groups.engine.io,
        groups.engine.docker.watch(
            docker::EngineUnderTest::kLabel, 0, [this] { events_open_ = true; },
            [this](RuntimeEvent event) {
              if (event.kind == RuntimeEventKind::Died) died.emplace(event.id, steady_clock::now());
            }),
        boost::asio::bind_cancellation_slot(
            stop_.slot(), [this](std::exception_ptr, Status) { events_open_ = false; }));
    REQUIRE(groups.wait_until([this] { return events_open_; }));
  }
  ~Watched() {
    stop_.emit(boost::asio::cancellation_type::terminal);
    groups.wait_until([this] { return !events_open_; });
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  /// Starts a container and watches it; returns its main process's number.
  int start(const std::string& name, const std::string& script, std::int64_t memory_bytes = 0) {
    const ContainerId id = groups.start("task", name, {"sh", "-c", script}, memory_bytes);
    ids[name] = id;
    const auto seen = groups.run(groups.engine.docker.inspect(id));
    REQUIRE(seen);
    const auto begin = steady_clock::now();
    REQUIRE(exits.watch(id, seen->pid, [this](ContainerExit exit) {
      heard.emplace(exit.id, Heard{exit, steady_clock::now()});
    }));
    spent_watching += steady_clock::now() - begin;
    return seen->pid;
  }
  std::optional<std::uint64_t> memory_kills_of(const std::string& name) {
    const ContainerId& id = ids.at(name);
    REQUIRE(groups.wait_until([&] { return heard.contains(id); }));
    CHECK(heard.at(id).exit.id == id);
    return heard.at(id).exit.memory_kills;
  }
  /// As start() and memory_kills_of(), with what ends the process. On a machine with more to do
  /// than it can the engine may take the group away before it was read, which is said and tried
  /// again.
  std::uint64_t kills_in_run_of(
      const std::string& script, std::int64_t memory_bytes = 0,
      const std::function<void(int)>& end = [](int) {}) {
    std::optional<std::uint64_t> kills;
    for (int attempt = 0; attempt < 5 && !kills; ++attempt) {
      latest = "run" + std::to_string(attempt);
      end(start(latest, script, memory_bytes));
      kills = memory_kills_of(latest);
    }
    REQUIRE(kills);
    return *kills;
  }
  std::optional<int> exit_code_of(const std::string& name) {
    std::optional<int> code;
    groups.wait_until([&] {
      const auto seen = groups.run(groups.engine.docker.inspect(ids.at(name)));
      if (seen && !seen->alive) code = seen->exit_code;
      return code.has_value();
    });
    return code;
  }

  struct Heard {
    ContainerExit exit{};
    steady_clock::time_point at{};
  };
  RealGroups groups;
  ExitWatch exits{groups.engine.io.get_executor(), groups.mounts};
  std::map<std::string, ContainerId> ids{};
  std::string latest{};  ///< The container of kills_in_run_of.
  std::map<ContainerId, Heard> heard{};
  std::map<ContainerId, steady_clock::time_point> died{};
  steady_clock::duration spent_watching{};

 private:
  boost::asio::cancellation_signal stop_{};
  bool events_open_ = false;
};

TEST_CASE("an end that has nothing to do with memory counts no kill", "[integration][cgroup]") {
  Watched watched;
  SECTION("a kill") {
    const auto kill = [](int pid) { REQUIRE(::kill(pid, SIGKILL) == 0); };
    CHECK(watched.kills_in_run_of("sleep 60", 0, kill) == 0);
    CHECK(watched.exit_code_of(watched.latest) == 137);
  }
  SECTION("its own end") {
    CHECK(watched.kills_in_run_of("sleep 0.5") == 0);
    CHECK(watched.exit_code_of(watched.latest) == 0);
  }
}

TEST_CASE("a main process killed for memory is told from any other kill", "[integration][cgroup]") {
  Watched watched;
  CHECK(watched.kills_in_run_of("sleep 0.5; exec " + kHog, 16 * kMib) == 1);
  CHECK(watched.exit_code_of(watched.latest) == 137);
}

TEST_CASE("a child killed for memory is seen while the main process lives on",
          "[integration][cgroup]") {
  Watched watched;
  watched.start("parent", "sleep 0.3; " + kHog + "; sleep 1; exit 3", 16 * kMib);
  const ContainerId id = watched.ids.at("parent");
  CHECK(watched.exits.memory_kills(id) == 0U);
  REQUIRE(watched.groups.wait_until([&] { return watched.exits.memory_kills(id) == 1U; }));
  CHECK(watched.heard.empty());
  CHECK(watched.memory_kills_of("parent").value_or(1) == 1U);
  CHECK(watched.exit_code_of("parent") == 3);
}

TEST_CASE("a kill for the limit of the task's group counts for the container it hit",
          "[integration][cgroup]") {
  Watched watched({.memory_bytes = 32 * kMib});
  watched.start("small", "sleep 60");
  CHECK(watched.kills_in_run_of("sleep 0.5; exec " + kHog) == 1);
  CHECK(watched.exit_code_of(watched.latest) == 137);
  CHECK(watched.exits.memory_kills(watched.ids.at("small")) == 0U);
  CHECK_FALSE(watched.heard.contains(watched.ids.at("small")));
}

TEST_CASE("a container that was over before the watch began is told at once",
          "[integration][cgroup]") {
  Watched watched;
  const int pid = watched.start("over", "sleep 60");
  REQUIRE(::kill(pid, SIGKILL) == 0);
  CHECK(watched.exit_code_of("over") == 137);
  CHECK(watched.memory_kills_of("over").value_or(0) == 0U);
  watched.heard.clear();
  REQUIRE(watched.exits.watch(watched.ids.at("over"), pid, [&](ContainerExit exit) {
    watched.heard.emplace(exit.id, Watched::Heard{exit, steady_clock::now()});
  }));
  CHECK_FALSE(watched.memory_kills_of("over"));
}

TEST_CASE("the ends of fifty containers are heard before the engine tells them",
          "[integration][cgroup]") {
  Watched watched;
  const auto descriptors_before = open_descriptors();
  std::vector<int> pids;
  for (int i = 0; i < 50; ++i) {
    pids.push_back(watched.start("many" + std::to_string(i), "sleep 600"));
  }
  CHECK(watched.exits.size() == 50);
  CHECK(open_descriptors() <= descriptors_before + 100);
  const auto killed_at = steady_clock::now();
  for (const int pid : pids) REQUIRE(::kill(pid, SIGKILL) == 0);
  REQUIRE(watched.groups.wait_until([&] { return watched.heard.size() == 50; }));
  CHECK(watched.exits.size() == 0);
  REQUIRE(watched.groups.wait_until([&] { return watched.died.size() == 50; }));
  for (auto& [id, heard] : watched.heard) {
    REQUIRE(heard.exit.process);
    CHECK(heard.exit.process->exit_code() == testing::if_told(137));
    heard.exit.process.reset();
  }
  CHECK(open_descriptors() <= descriptors_before);

  std::vector<double> ahead;
  std::vector<double> after_kill;
  int unknown = 0;
  for (const auto& [id, heard] : watched.heard) {
    // The engine may be first to some groups of so many; what is said is right.
    CHECK(heard.exit.memory_kills.value_or(0) == 0U);
    unknown += heard.exit.memory_kills ? 0 : 1;
    ahead.push_back(Milliseconds(watched.died.at(id) - heard.at).count());
    after_kill.push_back(Milliseconds(heard.at - killed_at).count());
  }
  std::sort(ahead.begin(), ahead.end());
  std::sort(after_kill.begin(), after_kill.end());
  CHECK(ahead.front() > 0);
  std::cout << fmt::format(
      "50 containers killed at once: heard {:.2f} ms after the kill (p50; {:.2f} at most), {:.1f} "
      "ms "
      "before the engine's own event (p50; {:.1f} at least); watching one took {:.0f} us; kills "
      "unknown of {}\n",
      after_kill[25], after_kill.back(), ahead[25], ahead.front(),
      std::chrono::duration<double, std::micro>(watched.spent_watching).count() / 50, unknown);
}

TEST_CASE("one end is heard before the engine tells it", "[integration][cgroup]") {
  Watched watched;
  std::vector<double> ahead;
  std::vector<double> after_kill;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "one" + std::to_string(i);
    const int pid = watched.start(name, "sleep 600");
    const auto killed_at = steady_clock::now();
    REQUIRE(::kill(pid, SIGKILL) == 0);
    const ContainerId id = watched.ids.at(name);
    REQUIRE(watched.groups.wait_until(
        [&] { return watched.heard.contains(id) && watched.died.contains(id); }));
    ahead.push_back(Milliseconds(watched.died.at(id) - watched.heard.at(id).at).count());
    after_kill.push_back(Milliseconds(watched.heard.at(id).at - killed_at).count());
  }
  std::sort(ahead.begin(), ahead.end());
  std::sort(after_kill.begin(), after_kill.end());
  CHECK(ahead.front() > 0);
  std::cout << fmt::format(
      "one container killed: heard {:.2f} ms after the kill, {:.1f} ms before the engine's own "
      "event "
      "(p50 of 10; {:.1f} at least)\n",
      after_kill[5], ahead[5], ahead.front());
}

}  // namespace
}  // namespace longshore::runtime::cgroup
