// What becomes of tasks while the container engine does not answer.
#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

const Error kAway{ErrorCode::Unavailable, "no engine"};

/// A task whose engine has gone away, and whose process the kernel shows and can kill.
struct LeftAlone : testing::RunningTask {
  LeftAlone() {
    main_processes[id] = MainProcess::Lives;
    limiter.containers["one"][id] = true;
    limiter.on_killed = [this](const std::string&, const ContainerId& killed) {
      main_processes[killed] = MainProcess::Ended;
      runtime.end_process(killed, 137);
    };
    runtime.breaker().open("it hangs");
  }
};

TEST_CASE("without an engine a process is asked to end, and its end is the kernel's word",
          "[component][engine]") {
  LeftAlone host;
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.asked_to_end == std::vector{host.id});
  host.advance(5s);
  CHECK(host.limiter.count("kill") == 0);
  CHECK(host.news().empty());

  host.main_processes[host.id] = MainProcess::Ended;
  host.advance(10s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  CHECK(host.asked_to_end.size() == 1);
}

TEST_CASE("a process that does not end in its time is killed without the engine",
          "[component][engine]") {
  LeftAlone host;
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(29s);
  CHECK(host.limiter.count("kill") == 0);
  host.advance(31s);
  CHECK(host.limiter.count("kill") == 1);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("a stop that hangs in the engine goes past it when the engine is given up",
          "[component][engine]") {
  LeftAlone host;
  host.runtime.breaker().close();
  host.runtime.hold("stop");
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.asked_to_end.empty());
  host.advance(40s);
  host.runtime.breaker().open("it hangs");
  host.advance(2s);
  CHECK(host.asked_to_end == std::vector{host.id});
  host.advance(27s);
  CHECK(host.limiter.count("kill") == 0);  // Its time began with the signal.
  host.advance(31s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("a process that ended at its signal was not killed, however late that is seen",
          "[component][engine]") {
  LeftAlone host;
  host.limiter.on_killed = {};
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(29s);
  host.main_processes[host.id] = MainProcess::Ended;
  host.advance(31s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
}

TEST_CASE("a process that the kernel cannot end is not reported STOPPED", "[component][engine]") {
  LeftAlone host;
  host.limiter.on_killed = {};
  for (int i = 0; i < 3; ++i) host.limiter.fail_next("kill", {ErrorCode::Timeout, "in the kernel"});
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(31s);
  CHECK(host.limiter.count("kill") == 1);
  CHECK(host.news().empty());
}

TEST_CASE("of a container that was found without an engine, an empty group is the end",
          "[component][engine]") {
  LeftAlone host;
  host.main_processes.clear();
  host.limiter.containers.clear();
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(29s);
  CHECK(host.news().empty());
  host.advance(31s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
}

TEST_CASE("without groups for tasks, a group that is not found is no end", "[component][engine]") {
  LeftAlone host;
  host.runtime.breaker().close();
  host.settings.task_limits = false;
  host.restart();
  host.news();
  host.runtime.breaker().open("it hangs");
  host.main_processes.clear();
  host.limiter.containers.clear();
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(60s);
  CHECK(host.limiter.count("kill") >= 1);
  CHECK(host.news().empty());
}

TEST_CASE("processes left in the group go with the main one", "[component][engine]") {
  LeftAlone host;
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.main_processes[host.id] = MainProcess::Ended;
  host.limiter.fail_next("kill", {ErrorCode::Timeout, "in the kernel"});
  host.advance(2s);
  CHECK(host.limiter.count("kill") == 1);
  CHECK(host.news().empty());
  host.advance(5s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
}

TEST_CASE("an engine that comes back finishes what was begun past it", "[component][engine]") {
  LeftAlone host;
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(2s);
  host.runtime.breaker().close();
  host.advance(5s);
  CHECK(host.runtime.count("stop") == 1);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("an engine that is stuck over one container does not keep its task from its end",
          "[component][engine]") {
  LeftAlone host;
  host.runtime.breaker().close();  // It answers whatever else it is asked.
  const Error stuck{ErrorCode::Timeout, "no answer"};
  for (int i = 0; i < 3; ++i) host.runtime.fail_next("inspect", stuck);
  host.runtime.lose_events = true;
  SECTION("which ended by itself") {
    host.main_processes[host.id] = MainProcess::Ended;
    host.reconciler().process_ended(host.id);
    host.advance(2s);
    CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  }
  SECTION("which the kernel had to kill") {
    host.runtime.survives_stop = [](const runtime::ContainerSpec&) { return true; };
    host.runtime.fail_next("kill", stuck);
    REQUIRE(host.accept({Host::stop_of("one")}));
    host.advance(10s);
    CHECK(host.limiter.count("kill") == 1);
    CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
  }
}

TEST_CASE("an end that the kernel has shown is asked for until the engine answers",
          "[component][engine]") {
  LeftAlone host;
  host.runtime.lose_events = true;
  host.end_process("one", 4);
  host.main_processes[host.id] = MainProcess::Ended;
  host.reconciler().process_ended(host.id);
  host.advance(2s);
  CHECK(host.news().empty());
  host.runtime.breaker().close();
  host.advance(30s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=4"});
}

/// Its process has ended by itself, and the kernel tells with what.
struct EndedAlone : LeftAlone {
  explicit EndedAlone(int code) {
    main_processes[id] = MainProcess::Ended;
    exit_codes[id] = code;
  }
  News after_look() {
    reconciler().process_ended(id);
    advance(3s);
    return news();
  }
};

TEST_CASE("an end that the kernel explains is reported without the engine", "[component][engine]") {
  EndedAlone host(4);
  CHECK(host.after_look() == News{"one STOPPED web:STOPPED=4"});
  host.runtime.breaker().close();
  host.end_process("one", 4);
  host.advance(30s);
  CHECK(host.news().empty());
}

TEST_CASE("a kill that the kernel has counted is one for memory, also without the engine",
          "[component][engine]") {
  EndedAlone host(137);
  SECTION("not counted by anybody so far") { CHECK(host.after_look().empty()); }
  SECTION("counted") {
    host.memory_kills[host.id] = 1;
    CHECK(host.after_look() == News{"one STOPPED web:STOPPED=137"});
    CHECK(host.sent.back().change.containers.at(0).reason ==
          "OutOfMemoryError: Container killed due to memory usage");
  }
}

TEST_CASE("the exit code of a process stopped past the engine is the kernel's",
          "[component][engine]") {
  LeftAlone host;
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.main_processes[host.id] = MainProcess::Ended;
  host.exit_codes[host.id] = 0;
  host.advance(10s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=0"});
}

TEST_CASE("a run that a policy follows up is over only when the engine says so",
          "[component][engine]") {
  Host host;
  auto web = test::container("web");
  web.restart_policy = core::RestartPolicy{};
  REQUIRE(host.accept({host.payload("one", {web})}));
  host.news();
  const ContainerId id = host.on_engine("one")->id;
  host.main_processes[id] = MainProcess::Ended;
  host.exit_codes[id] = 4;
  SECTION("which it does when it is back") {
    host.runtime.breaker().open("it hangs");
    host.reconciler().process_ended(id);
    host.advance(10s);
    CHECK(host.news().empty());
  }
  SECTION("and not begun again by an engine that is stuck over it") {
    for (int i = 0; i < 2; ++i) host.runtime.fail_next("inspect", {ErrorCode::Timeout, "stuck"});
    host.reconciler().process_ended(id);
    host.advance(10s);
    CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  }
  CHECK(host.container("one").restart_count == 0);
}

TEST_CASE("an end that somebody waits for is told by the engine", "[component][engine]") {
  Host host;
  const auto app = test::container_after("app", "init", core::DependencyCondition::Success);
  REQUIRE(host.accept({host.payload("one", {app, test::container("init", false)})}));
  const ContainerId id = host.on_engine("one", 1)->id;
  host.main_processes[id] = MainProcess::Ended;
  host.exit_codes[id] = 0;
  host.runtime.breaker().open("it hangs");
  host.reconciler().process_ended(id);
  host.advance(10min);
  CHECK(host.container("one").phase == core::Phase::Resolved);
  host.runtime.breaker().close();
  host.end_process("one", 0, 1);
  host.advance(30s);
  CHECK(host.on_engine("one")->alive);
}

TEST_CASE("what happened while the engine was away is known as soon as it is back",
          "[component][engine]") {
  testing::RunningTask host;
  host.runtime.lose_events = true;
  host.end_process("one", 4);
  CHECK(host.news().empty());
  host.reconciler().compare_soon();
  host.poll();
  CHECK(host.news() == News{"one STOPPED web:STOPPED=4"});
}

TEST_CASE("a launch waits for an engine that is away", "[component][engine]") {
  Host host;
  const std::string call = GENERATE("create", "start");
  CAPTURE(call);
  for (int i = 0; i < 3; ++i) host.runtime.fail_next(call, kAway);
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  CHECK(host.container("one").phase < core::Phase::Running);
  host.advance(3s);
  CHECK(host.runtime.count(call) == 4);
  CHECK(host.container("one").phase == core::Phase::Running);
}

TEST_CASE("volumes, the pause container's image and digests wait for the engine, too",
          "[component][engine]") {
  Host host;
  control::PayloadTask task = Host::payload("one", {test::container("web")});
  task.spec.volumes = {{.name = "data", .scope = core::VolumeScope::Task, .autoprovision = true}};
  host.runtime.breaker().open("it hangs");
  REQUIRE(host.accept({task}));
  host.advance(60s);
  CHECK(host.container("one").phase < core::Phase::Stopped);
  host.runtime.breaker().close();
  host.advance(2s);
  CHECK(host.container("one").phase == core::Phase::Running);
}

TEST_CASE("a container that did start is not stopped because nobody could look at it",
          "[component][engine]") {
  Host host;
  for (int i = 0; i < 3; ++i) host.runtime.fail_next("inspect", kAway);
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.advance(3s);
  CHECK(host.container("one").phase == core::Phase::Running);
  CHECK(host.runtime.count("start") == 1);
  CHECK(host.runtime.count("stop") == 0);
}

TEST_CASE("a restart that the engine did not hear is made again", "[component][engine]") {
  Host host;
  core::ContainerSpec web = test::container("web");
  web.restart_policy.emplace();
  REQUIRE(host.accept({Host::payload("one", {web})}));
  host.advance(10min);
  for (int i = 0; i < 2; ++i) host.runtime.fail_next("start", kAway);
  host.runtime.now += 10min;
  host.end_process("one", 3);
  host.advance(10s);
  CHECK(host.runtime.count("start") == 4);
  CHECK(host.on_engine("one")->alive);
  CHECK(host.container("one").restart_count == 1);
  CHECK_FALSE(host.container("one").restarting);
}

TEST_CASE("a launch does not wait longer than its call may take", "[component][engine]") {
  Host host;
  host.runtime.breaker().open("it hangs");
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.advance(239s);
  CHECK(host.container("one").phase == core::Phase::Creating);
  host.advance(2s);
  CHECK(host.container("one").phase == core::Phase::Stopped);
  CHECK(host.container("one").reason == "CannotCreateContainerError: it hangs");
}

TEST_CASE("a stop ends the wait of a launch", "[component][engine]") {
  Host host;
  host.runtime.hold("start");
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  REQUIRE(host.container("one").phase == core::Phase::Starting);
  host.news();
  host.runtime.breaker().open("it hangs");
  host.poll();
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(60s);
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  host.runtime.breaker().close();
  host.runtime.release("start");
  host.advance(31s);
  const auto* left = host.on_engine("one");
  CHECK((left == nullptr || !left->alive));
}

TEST_CASE("what was started before the engine went away is not started again",
          "[component][engine]") {
  Host host;
  host.runtime.exits_at_once = [](const auto&) { return 3; };
  host.runtime.fail_next("start", kAway);
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  // The engine had begun it all the same.
  REQUIRE(host.on_engine("one") != nullptr);
  const std::size_t calls = host.runtime.count("start");
  const ContainerId id = host.container("one").runtime_id;
  boost::asio::co_spawn(host.io(), host.runtime.start(id, ""), [](auto, auto) {});
  host.poll();
  host.advance(5s);
  CHECK(host.runtime.count("start") == calls + 1);
  CHECK(host.container("one").exit_code == 3);
}

}  // namespace
}  // namespace longshore::engine
