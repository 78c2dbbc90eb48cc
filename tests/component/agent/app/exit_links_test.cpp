#include "agent/app/exit_links.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/support/watched_host.hpp"

namespace longshore::app {
namespace {

using testing::Process;

/// An engine's links over a watch of real processes, with what came through them.
struct Linked : testing::WatchedHost {
  Linked() {
    links.container_running = [this](const engine::RunningContainer&) { ++measured; };
    links.container_stopped = [this](const ContainerId&) { --measured; };
    link_exits(links, exits, [this](const ContainerId& id) { ended.push_back(id.str()); });
  }
  void run(const Process& process, int restart_count = 0) {
    place(process.pid(), "c1");
    links.container_running({.id = ContainerId("c1"),
                             .pid = process.pid(),
                             .stop_signal = SIGKILL,
                             .restart_count = restart_count,
                             .has_restart_policy = true});
  }
  bool hears_end() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    io.restart();
    while (ended.empty() && io.run_one_until(limit) > 0) {
    }
    return !ended.empty();
  }

  engine::EngineLinks links{};
  std::vector<std::string> ended{};
  int measured = 0;
};

TEST_CASE("the kernel's count outlives the process until its end was dealt with",
          "[component][app]") {
  Linked host;
  Process process;
  host.count_kills("c1", 0);
  host.run(process);
  CHECK(host.measured == 1);
  CHECK(host.links.memory_kills(ContainerId("c1")) == 0);
  host.count_kills("c1", 1);
  process.kill();
  REQUIRE(host.hears_end());
  std::filesystem::remove_all(host.root / "cg");
  CHECK(host.links.memory_kills(ContainerId("c1")) == 1);
  host.links.container_stopped(ContainerId("c1"));
  CHECK(host.measured == 0);
  CHECK_FALSE(host.links.memory_kills(ContainerId("c1")).has_value());
}

TEST_CASE("the kernel's word is of one run alone", "[component][app]") {
  Linked host;
  const ContainerId id("c1");
  CHECK(host.links.main_process(id, 0) == engine::MainProcess::Unknown);
  CHECK(host.links.ask_to_end(id).error().code == ErrorCode::NotFound);
  Process process;
  host.run(process);
  CHECK(host.links.main_process(id, 0) == engine::MainProcess::Lives);
  REQUIRE(host.links.ask_to_end(id));
  REQUIRE(host.hears_end());
  CHECK(host.links.main_process(id, 0) == engine::MainProcess::Ended);
  CHECK(host.links.main_process(id, 1) == engine::MainProcess::Unknown);
  CHECK_FALSE(host.links.ask_to_end(id));
}

TEST_CASE("the kernel tells the exit code of that run once it was waited for", "[component][app]") {
  Linked host;
  const ContainerId id("c1");
  Process process;
  host.run(process);
  CHECK_FALSE(host.links.exit_code(id, 0));
  process.kill();
  REQUIRE(host.hears_end());
  CHECK_FALSE(host.links.exit_code(id, 0));
  process.end();
  CHECK(host.links.exit_code(id, 0) == testing::if_told(137));
  CHECK_FALSE(host.links.exit_code(id, 1));
  host.links.container_stopped(id);
  CHECK_FALSE(host.links.exit_code(id, 0));
}

TEST_CASE("late news of a run that is over brings nothing back, a new run is watched",
          "[component][app]") {
  Linked host;
  Process first;
  host.count_kills("c1", 1);
  host.run(first);
  first.end();
  REQUIRE(host.hears_end());
  host.run(first);
  CHECK(host.exits.size() == 0);
  Process second;
  host.run(second, 1);
  CHECK(host.exits.size() == 1);
  CHECK(host.links.memory_kills(ContainerId("c1")) == 0);
}

TEST_CASE("a container that is stopped is watched no more", "[component][app]") {
  Linked host;
  Process process;
  host.run(process);
  host.links.container_stopped(ContainerId("c1"));
  CHECK(host.exits.size() == 0);
}

}  // namespace
}  // namespace longshore::app
