#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

/// Whose processes the kernel can kill.
struct RunningTask : testing::RunningTask {
  RunningTask() {
    limiter.containers["one"][id] = true;
    limiter.on_killed = [this](const std::string&, const ContainerId& killed) {
      runtime.end_process(killed, 137);
    };
  }
};

TEST_CASE("a process that outlives its stop is killed", "[component][engine]") {
  RunningTask host;
  host.runtime.survives_stop = [](const auto&) { return true; };
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.runtime.count("kill") == 0);
  host.advance(5s);
  CHECK(host.runtime.count("kill") == 1);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("a process that the engine cannot end is ended by the kernel", "[component][engine]") {
  RunningTask host;
  host.runtime.survives_stop = host.runtime.survives_kill = [](const auto&) { return true; };
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(10s);
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("a container is stopped again, by every means, until it is seen to be gone",
          "[component][engine]") {
  RunningTask host;
  host.runtime.fail_next("stop", {ErrorCode::Timeout, "slow"});
  host.runtime.fail_next("kill", {ErrorCode::Timeout, "slow"});
  host.limiter.fail_next("kill", {ErrorCode::Timeout, "in the kernel"});
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.container("one").phase == core::Phase::Stopping);
  CHECK(host.on_engine("one")->alive);
  host.advance(1min);
  CHECK(host.runtime.count("stop") == 1);
  CHECK(host.runtime.count("kill") == 2);
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("a container that somebody starts again after its STOPPED report is stopped once more",
          "[component][engine]") {
  RunningTask host;
  host.end_process("one", 0);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=0"});
  CHECK(host.ended == std::vector{host.id});
  SECTION("at once") {
    REQUIRE(testing::run_on(host.io(), host.runtime.start(host.id, "")));
    host.poll();
  }
  SECTION("within 30 s when its start was not told") {
    host.runtime.lose_events = true;
    REQUIRE(testing::run_on(host.io(), host.runtime.start(host.id, "")));
    host.poll();
    REQUIRE(host.on_engine("one")->alive);
    host.advance(31s);
  }
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news().empty());
}

TEST_CASE("a stop does not wait for a create that hangs", "[component][engine]") {
  Host host;
  host.runtime.hold("create");
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  REQUIRE(host.container("one").phase == core::Phase::Creating);
  host.news();
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  host.runtime.release("create");
  host.poll();
  CHECK(host.runtime.count("start") == 0);
  // What came of the create all the same goes with the task's other remains.
  host.finish_reports();
  host.advance(3h + 1s);
  CHECK(host.runtime.count("remove") == 1);
}

TEST_CASE("an exit that the kernel saw and the engine did not tell is asked for after 2 s",
          "[component][engine]") {
  RunningTask host;
  host.runtime.lose_events = true;
  host.end_process("one", 4);
  host.reconciler().process_ended(host.id);
  host.advance(1s);
  CHECK(host.news().empty());
  host.advance(1s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=4"});
}

TEST_CASE("what the kernel counted decides whether a kill was for memory", "[component][engine]") {
  RunningTask host;
  SECTION("it was, although the engine has no word of it") {
    host.memory_kills[host.id] = 1;
    host.end_process("one", 137);
    CHECK(host.sent.back().change.containers[0].reason ==
          "OutOfMemoryError: Container killed due to memory usage");
  }
  SECTION("it was not, although the engine says so") {
    host.memory_kills[host.id] = 0;
    host.runtime.end_process(host.id, 137, /*out_of_memory=*/true);
    host.poll();
    CHECK(host.sent.back().change.containers[0].reason.empty());
  }
  SECTION("a child was killed, but the process ended by itself") {
    host.memory_kills[host.id] = 1;
    host.end_process("one", 3);
    CHECK(host.sent.back().change.containers[0].reason.empty());
  }
  CHECK(host.news().size() == 1);
}

TEST_CASE("a kill that the kernel cannot explain any more waits for the engine's word on memory",
          "[component][engine]") {
  RunningTask host;
  host.end_process("one", 137);
  CHECK(host.news().empty());
  SECTION("which comes") {
    host.runtime.set_oom_killed(host.id);
    host.advance(50ms);
    CHECK(host.sent.back().change.containers[0].reason ==
          "OutOfMemoryError: Container killed due to memory usage");
  }
  SECTION("which does not come") {
    host.advance(400ms);
    CHECK(host.news().empty());
    host.advance(100ms);
    CHECK(host.sent.back().change.containers[0].reason.empty());
  }
  CHECK(host.news().size() == 1);
}

TEST_CASE("an engine that is away is asked again before a process is killed",
          "[component][engine]") {
  RunningTask host;
  for (int i = 0; i < 3; ++i) {
    host.runtime.fail_next("stop", {ErrorCode::Unavailable, "no engine"});
  }
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(20s);
  CHECK(host.runtime.count("kill") == 0);
  CHECK(host.runtime.count("stop") == 4);
  CHECK_FALSE(host.on_engine("one")->alive);
}

TEST_CASE("a start that waits for its turn is not made once the task is stopped",
          "[component][engine]") {
  Host host;
  host.settings.launches_at_once = 1;
  host.restart();
  host.runtime.hold("start");
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  REQUIRE(host.accept({Host::payload("two", {test::container("web")})}));
  REQUIRE(host.accept({Host::stop_of("two"), Host::stop_of("one")}));
  host.runtime.release("start");
  host.poll();
  CHECK(host.runtime.count("start") == 1);
  CHECK(host.container("two").phase == core::Phase::Stopped);
  CHECK(host.container("one").phase == core::Phase::Stopped);
}

/// A host that makes one container at a time. Task "one" has db and, after its START, app; app's
/// first start, or the one in place, waits for its turn behind the create of task "hangs".
struct StartInQueue : Host {
  explicit StartInQueue(bool in_place) {
    settings.launches_at_once = 1;
    restart();
    auto app = test::container_after("app", "db", core::DependencyCondition::Start);
    app.restart_policy = core::RestartPolicy{.attempt_period = 0s};
    if (!in_place) runtime.hold("start");
    REQUIRE(accept({payload("one", {test::container("db"), app})}));
    runtime.hold("create");
    runtime.release("start");
    poll();
    REQUIRE(accept({payload("hangs", {test::container("web")})}));
    if (in_place) {
      runtime.now += 2min;
      end_process("one", 1, 1);
      REQUIRE(container("one", 1).restarting);
      return;
    }
    runtime.hold("create", container("hangs").runtime_name);
    runtime.release("create");
    poll();
    REQUIRE(container("one", 1).phase == core::Phase::Starting);
  }
};

TEST_CASE("a start that waits for its turn keeps nobody alive after a stop",
          "[component][engine]") {
  StartInQueue host(GENERATE(false, true));
  const std::size_t starts = host.runtime.count("start");
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK_FALSE(host.on_engine("one", 0)->alive);
  CHECK(host.container("one", 1).phase == core::Phase::Stopped);
  host.runtime.release("create");
  host.runtime.release("create", host.container("hangs").runtime_name);
  host.advance(1min);
  CHECK(host.on_engine("hangs")->alive);
  CHECK(host.runtime.count("start") == starts + 1);  // Of the other task.
}

TEST_CASE("a process that is killed for not ending did not die of a child's memory",
          "[component][engine]") {
  RunningTask host;
  host.memory_kills[host.id] = 1;
  REQUIRE(host.accept({Host::stop_of("one")}));
  REQUIRE(host.sent.back().change.status == core::ReportedStatus::Stopped);
  CHECK(host.sent.back().change.containers[0].reason.empty());
}

}  // namespace
}  // namespace longshore::engine
