#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "agent/base/spawn.hpp"
#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using testing::run_on;
using News = std::vector<std::string>;

TEST_CASE("a restart takes over what the engine did meanwhile", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  const ContainerId id = host.container("one").runtime_id;
  host.finish_reports();
  host.kill();

  SECTION("nothing: the container runs on, untouched") {
    host.restart();
    CHECK(host.container("one").phase == core::Phase::Running);
    CHECK(host.news().empty());
    CHECK(host.runtime.count("create") == 1);
    CHECK(host.runtime.count("start") == 1);
    host.end_process("one", 4);
    CHECK(host.news() == News{"one STOPPED web:STOPPED=4"});
  }
  SECTION("the process ended") {
    host.runtime.end_process(id, 5);
    host.restart();
    CHECK(host.news() == News{"one STOPPED web:STOPPED=5"});
  }
  SECTION("someone removed the container") {
    host.runtime.vanish(id);
    host.restart();
    CHECK(host.news() == News{"one STOPPED web:STOPPED"});
    CHECK_THAT(host.sent[0].change.containers[0].reason,
               Catch::Matchers::StartsWith("ContainerVanishedError: "));
  }
  SECTION("the engine does not answer at first") {
    host.runtime.end_process(id, 6);
    // Two look at it: the task itself and the comparison at start.
    for (int i = 0; i < 2; ++i) {
      host.runtime.fail_next("inspect", {ErrorCode::Unavailable, "no engine"});
    }
    host.restart();
    CHECK(host.news().empty());
    host.advance(2s);
    CHECK(host.news() == News{"one STOPPED web:STOPPED=6"});
  }
}

TEST_CASE("a restart in the middle of a step takes the step again", "[component][engine]") {
  Host host;
  const std::string step = GENERATE("inspect_image", "create", "start", "stop");
  INFO(step);
  host.runtime.hold(step);
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  if (step == "stop") REQUIRE(host.accept({host.stop_of("one")}));
  host.kill();
  host.runtime.release(step);
  host.restart();
  CHECK(host.on_engine("one")->alive == (step != "stop"));
  const auto all = run_on(host.io(), host.runtime.list("com.amazonaws.ecs.task-arn", ""));
  REQUIRE(all);
  CHECK(all->size() == 1);
}

TEST_CASE("reports not taken yet are sent again after a restart", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.finish_report(0);
  host.poll();
  host.restart();
  CHECK(host.news() == News{"one RUNNING web:RUNNING"});
  host.finish_reports();
  host.restart();
  CHECK(host.news().empty());
}

/// The control plane takes the report while the agent still looks for lost tasks.
boost::asio::awaitable<void> take(Host& host, store::ReportId id) {
  co_await host.engine().reports_finished({id});
  while (host.engine().tasks().find(Host::arn("one")) != nullptr) {
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  host.clock.advance(1s);
}

TEST_CASE("a task may be cleaned up before the start is over", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.finish_reports();
  host.end_process("one", 0);
  host.advance(4h);
  host.runtime.fail_next("list", {ErrorCode::Unavailable, "no engine"});
  host.on_report = [&](store::ReportId id) {
    spawn(host.io().get_executor(), "take report", take(host, id));
  };
  host.restart();
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("a clean-up wait counts over restarts", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.end_process("one", 0);
  host.finish_reports();
  host.advance(2h);
  host.restart();
  CHECK(host.on_engine("one"));
  host.advance(61min);
  CHECK(host.engine().tasks().all().empty());
  host.restart();
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("a clock that was set back adds nothing to a clean-up wait", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.end_process("one", 0);
  const bool accepted = GENERATE(true, false);
  if (accepted) host.finish_reports();
  host.clock.step_wall(-365 * 24h);
  host.restart();
  host.advance(accepted ? 4h : 3h + 71h);
  CHECK(host.engine().tasks().all().empty() == accepted);
  host.advance(1h);
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("a container that ends while the agent takes it over is not told to run",
          "[component][engine]") {
  testing::RunningTask host;
  host.kill();
  host.running.clear();
  host.runtime.hold("inspect answer");
  host.restart();
  host.runtime.end_process(host.id, 0);
  host.poll();
  REQUIRE(host.container("one").phase == core::Phase::Stopped);
  host.runtime.release("inspect answer");
  host.poll();
  CHECK(host.running.empty());
}

TEST_CASE("a host that was started again has its tasks' cgroups before anything starts in them",
          "[component][engine]") {
  Host host;
  host.settings.boot_id = "first";
  host.restart();
  auto web = test::container("web");
  web.restart_policy = core::RestartPolicy{};
  REQUIRE(host.accept({host.payload("one", {web})}));
  const ContainerId id = host.container("one").runtime_id;
  host.kill();
  host.runtime.now += 10min;
  host.clock.advance(10min);
  host.runtime.end_process(id, 1);
  host.limiter.groups.clear();

  SECTION("it was") {
    host.settings.boot_id = "second";
    host.restart();
    CHECK(host.limiter.groups.contains("one"));
    CHECK(host.on_engine("one")->alive);
    const std::size_t made = host.limiter.count("create");
    host.restart();
    CHECK(host.limiter.count("create") == made);
  }
  SECTION("it was not") {
    host.restart();
    CHECK(host.limiter.count("create") == 1);
  }
  SECTION("it was, and the agent that saw it first could limit nothing") {
    host.settings.boot_id = "second";
    host.settings.task_limits = false;
    host.restart();
    host.settings.task_limits = true;
    host.restart();
    CHECK(host.limiter.groups.contains("one"));
  }
  SECTION("and where they cannot be made the tasks end") {
    const Error no{ErrorCode::PermissionDenied, "no"};
    host.limiter.fail_next("create", no);
    host.limiter.fail_next("create", no);
    host.settings.boot_id = "second";
    host.news();
    host.restart();
    CHECK(host.engine().tasks().find(Host::arn("one"))->reason ==
          "CgroupError: Agent could not create task's platform resources");
  }
}

TEST_CASE("a stop does not wait for an engine that says nothing of a start before the crash",
          "[component][engine]") {
  Host host;
  host.runtime.hold("start");
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.news();
  host.finish_reports();
  host.poll();
  host.kill();
  host.runtime.release("start");
  host.runtime.breaker().open("it hangs");
  host.restart();
  host.advance(20s);
  REQUIRE(host.accept({host.stop_of("one")}));
  const ContainerId id = host.container("one").runtime_id;
  host.main_processes[id] = MainProcess::Lives;
  host.limiter.containers["one"][id] = true;
  host.advance(6s);
  CHECK(host.asked_to_end == std::vector{id});
  host.advance(32s);
  CHECK_FALSE(host.limiter.containers["one"][id]);
  CHECK(host.news() == News{"one RUNNING web:RUNNING", "one STOPPED web:STOPPED=137"});
  CHECK(host.sent.back().change.containers.at(0).reason.empty());
}

}  // namespace
}  // namespace longshore::engine
