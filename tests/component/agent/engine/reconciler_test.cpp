#include "agent/engine/reconciler.hpp"

#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using testing::RunningTask;
using News = std::vector<std::string>;

TEST_CASE("an exit whose event was lost is found within 30 s", "[component][engine]") {
  RunningTask host;
  host.runtime.lose_events = true;
  host.end_process("one", 7);
  CHECK(host.news().empty());
  host.advance(31s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=7"});
}

TEST_CASE("a container whose removal was not told is found within 30 s", "[component][engine]") {
  RunningTask host;
  host.runtime.lose_events = true;
  host.runtime.vanish(host.id);
  host.advance(31s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
}

TEST_CASE("a container that someone removes has vanished", "[component][engine]") {
  RunningTask host;
  host.runtime.vanish(host.id);
  host.poll();
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  CHECK_THAT(host.sent.back().change.containers[0].reason,
             Catch::Matchers::StartsWith("ContainerVanishedError: "));
}

TEST_CASE("a list that cannot be had ends no task", "[component][engine]") {
  RunningTask host;
  for (int i = 0; i < 3; ++i) {
    host.runtime.fail_next("list", {ErrorCode::Unavailable, "no engine"});
  }
  host.advance(91s);
  CHECK(host.news().empty());
  CHECK(host.container("one").phase == core::Phase::Running);
}

TEST_CASE("a broken event stream is opened again, and nothing is missed", "[component][engine]") {
  RunningTask host;
  host.runtime.break_events({ErrorCode::Unavailable, "closed"});
  host.poll();
  CHECK(host.runtime.watchers() == 0);
  host.end_process("one", 8);
  CHECK(host.news().empty());
  host.advance(1s);
  CHECK(host.runtime.watchers() == 1);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=8"});
}

TEST_CASE("an event about what is not so changes nothing", "[component][engine]") {
  RunningTask host;
  const auto labels = host.on_engine("one")->labels;
  host.runtime.emit({.kind = runtime::RuntimeEventKind::Died, .id = host.id, .labels = labels});
  host.runtime.emit({.kind = runtime::RuntimeEventKind::Destroyed,
                     .id = ContainerId("stranger"),
                     .labels = labels});
  host.runtime.emit(
      {.kind = runtime::RuntimeEventKind::OutOfMemory, .id = host.id, .labels = labels});
  host.advance(5s);
  CHECK(host.container("one").phase == core::Phase::Running);
  CHECK(host.news().empty());
}

TEST_CASE("a process that the kernel killed for memory says so", "[component][engine]") {
  RunningTask host;
  host.runtime.end_process(host.id, 137, /*out_of_memory=*/true);
  host.poll();
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
  CHECK_THAT(host.sent.back().change.containers[0].reason,
             Catch::Matchers::StartsWith("OutOfMemoryError: "));
}

TEST_CASE("an end that the engine tells is reported without asking it again",
          "[component][engine]") {
  RunningTask host;
  const std::size_t before = host.runtime.count("inspect");
  host.runtime.end_process(host.id, 3);
  host.poll();
  CHECK(host.news() == News{"one STOPPED web:STOPPED=3"});
  CHECK(host.runtime.count("inspect") == before);
}

TEST_CASE("a label in the place of the exit code is not taken for it", "[component][engine]") {
  Host host;
  host.runtime.image_labels = {{"exitCode", "0"}};
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  if (GENERATE(false, true)) host.restart();
  host.news();
  host.end_process("one", 3);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=3"});
}

TEST_CASE("a child killed for memory earlier is not the cause of a later end",
          "[component][engine]") {
  RunningTask host;
  host.runtime.emit({.kind = runtime::RuntimeEventKind::OutOfMemory,
                     .id = host.id,
                     .labels = host.on_engine("one")->labels});
  host.poll();
  host.runtime.end_process(host.id, 3);
  host.poll();
  CHECK(host.sent.back().change.containers[0].exit_code == 3);
  CHECK(host.sent.back().change.containers[0].reason.empty());
}

TEST_CASE("after a restart of the agent those who measure hear how a container is",
          "[component][engine]") {
  Host host;
  auto web = test::container("web");
  web.has_health_check = true;
  web.config_patch = R"({"Healthcheck": {"Test": ["CMD", "true"]}})";
  REQUIRE(host.accept({Host::payload("one", {web})}));
  REQUIRE_FALSE(host.running.empty());
  CHECK(host.running.back().health == core::Health::Unknown);
  host.runtime.set_health(host.container("one").runtime_id, runtime::HealthStatus::Healthy);
  host.poll();
  host.kill();
  host.running.clear();
  host.restart();
  REQUIRE_FALSE(host.running.empty());
  CHECK(host.running.back().health == core::Health::Healthy);
}

/// A host with task "one", whose container "web" waits for "db" to be HEALTHY.
struct HealthDependency : Host {
  HealthDependency() {
    auto db = test::container("db");
    db.has_health_check = true;
    db.config_patch = R"({"Healthcheck": {"Test": ["CMD", "true"]}})";
    REQUIRE(accept({payload(
        "one", {db, test::container_after("web", "db", core::DependencyCondition::Healthy)})}));
  }
};

TEST_CASE("health whose news was lost is found by the next comparison", "[component][engine]") {
  HealthDependency host;
  host.runtime.lose_events = true;
  host.runtime.set_health(host.container("one").runtime_id, runtime::HealthStatus::Healthy);
  host.advance(31s);
  CHECK(host.container("one", 1).phase == core::Phase::Running);
}

TEST_CASE("health decides when a dependant may start", "[component][engine]") {
  HealthDependency host;
  CHECK(host.container("one", 1).phase < core::Phase::Creating);
  host.runtime.set_health(host.container("one").runtime_id, runtime::HealthStatus::Unhealthy);
  host.poll();
  CHECK(host.container("one", 1).phase < core::Phase::Creating);
  host.runtime.set_health(host.container("one").runtime_id, runtime::HealthStatus::Healthy);
  host.poll();
  CHECK(host.container("one", 1).phase == core::Phase::Running);
}

}  // namespace
}  // namespace longshore::engine
