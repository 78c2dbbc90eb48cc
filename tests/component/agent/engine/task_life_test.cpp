#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

TEST_CASE("a task runs and ends, and each step is reported in order", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  REQUIRE(host.on_engine("one"));
  CHECK(host.on_engine("one")->alive);
  CHECK(host.on_engine("one")->cgroup_parent == "/ecs/one");
  CHECK(host.limiter.groups.contains("one"));
  CHECK(host.news() == News{"one PENDING web:PENDING", "one RUNNING web:RUNNING"});

  host.end_process("one", 3);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=3"});
  REQUIRE(host.sent.size() == 3);
  CHECK(host.sent[0].id < host.sent[1].id);
  CHECK(host.sent[1].id < host.sent[2].id);
  CHECK(host.store.contents().reports.size() == 3);
  CHECK(host.ended == std::vector<ContainerId>{host.container("one").runtime_id});

  host.finish_reports();
  CHECK(host.store.contents().reports.empty());
  CHECK(host.store.contents().tasks.at(0).stop_accepted);
}

TEST_CASE("a process over before anyone could look was RUNNING all the same",
          "[component][engine]") {
  Host host;
  host.runtime.exits_at_once = [](const auto&) { return 0; };
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(host.news() ==
        News{"one PENDING web:PENDING", "one RUNNING web:RUNNING", "one STOPPED web:STOPPED=0"});
}

TEST_CASE("a look-up of an image that fails a task does so under its own name",
          "[component][engine]") {
  Host host;
  host.resolution = {.failure = core::Failure{.error = {ErrorCode::PermissionDenied, "no token"}},
                     .failure_name = "CannotPullECRContainerError",
                     .fatal = true};
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  CHECK(host.sent.back().change.containers.at(0).reason == "CannotPullECRContainerError: no token");
  CHECK(host.runtime.count("create") == 0);
}

TEST_CASE("a task is stopped when the control plane says so", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.news();
  REQUIRE(host.accept({host.stop_of("one")}));
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

TEST_CASE("the stop of a task never seen is answered with STOPPED", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.stop_of("stranger")}));
  CHECK(host.news() == News{"stranger STOPPED web:STOPPED"});
  CHECK(host.runtime.count("create") == 0);
}

TEST_CASE("a payload sent again starts nothing again", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")}),
                       host.payload("one", {test::container("web")})}));
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(host.runtime.count("create") == 1);
  host.end_process("one", 0);
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(host.runtime.count("create") == 1);
  CHECK(host.runtime.count("start") == 1);
}

TEST_CASE("a task whose containers wait for each other is refused", "[component][engine]") {
  Host host;
  using core::DependencyCondition;
  REQUIRE(host.accept(
      {host.payload("circle", {test::container_after("a", "b", DependencyCondition::Start),
                               test::container_after("b", "a", DependencyCondition::Start)}),
       host.payload("sound", {test::container("web")})}));
  REQUIRE_FALSE(host.sent.empty());
  CHECK(host.sent[0].change.task == Host::arn("circle"));
  CHECK(host.sent[0].change.status == core::ReportedStatus::Stopped);
  CHECK(host.sent[0].change.reason ==
        "Task dependencies cannot be resolved, taskArn: " + Host::arn("circle").str());
  CHECK(host.engine().tasks().find(Host::arn("circle")) == nullptr);
  CHECK(host.on_engine("sound")->alive);
}

TEST_CASE("a container with more memory than its task is refused with it", "[component][engine]") {
  Host host;
  core::ContainerSpec web = test::container("web");
  web.memory_mib = 512;
  auto task = host.payload("one", {web});
  task.spec.memory_mib = 256;
  REQUIRE(host.accept({task}));
  CHECK(host.news() == News{"one STOPPED"});
  const core::TaskChange& change = host.sent.at(0).change;
  CHECK(change.reason ==
        "resource cannot be initialized for task " + Host::arn("one").str() +
            ": cgroup resource: unable to build resource spec for task: task memory spec builder: "
            "container memory limit(512) greater than task memory limit(256)");
  CHECK_FALSE(change.execution_stopped_at);
  CHECK(host.engine().tasks().find(Host::arn("one")) == nullptr);

  host.settings.task_limits = false;
  host.restart();
  REQUIRE(host.accept({task}));
  CHECK(host.on_engine("one")->alive);
}

TEST_CASE("a task that cannot be read is reported and stops nothing else", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})},
                      {{Host::arn("bad"), "UnrecogniedTaskError: words"}, {TaskArn(), "no name"}}));
  CHECK(host.news() == News{"bad STOPPED", "one PENDING web:PENDING", "one RUNNING web:RUNNING"});
  CHECK(host.sent[0].change.reason == "UnrecogniedTaskError: words");
}

TEST_CASE("changes that ride with no task change are sent within 30 s", "[component][engine]") {
  Host host;
  REQUIRE(
      host.accept({host.payload("one", {test::container("web"), test::container("side", false)})}));
  host.news();
  host.end_process("one", 1, 1);
  CHECK(host.news().empty());
  host.advance(9s);
  CHECK(host.news().empty());
  host.advance(21s);
  CHECK(host.news() == News{"one RUNNING side:STOPPED=1"});
  host.advance(60s);
  CHECK(host.news().empty());
}

TEST_CASE("a cgroup that cannot be made ends the task as the official agent says it",
          "[component][engine]") {
  Host host;
  host.limiter.fail_next("create", {ErrorCode::PermissionDenied, "no"});
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(host.news() == News{"one PENDING web:PENDING", "one STOPPED web:STOPPED"});
  CHECK(host.sent.back().change.reason ==
        "CgroupError: Agent could not create task's platform resources");
  CHECK(host.runtime.count("create") == 0);
}

TEST_CASE("a task is cleaned up after it was accepted and the wait is over",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  const std::string name = host.container("one").runtime_name;
  host.end_process("one", 0);

  SECTION("the wait is over first") {
    host.advance(4h);
    CHECK(host.runtime.find(name));
    host.finish_reports();
  }
  SECTION("it is accepted first") {
    host.finish_reports();
    host.advance(2h);
    CHECK(host.runtime.find(name));
    host.advance(2h);
  }
  CHECK_FALSE(host.runtime.find(name));
  CHECK(host.limiter.groups.empty());
  CHECK(host.engine().tasks().all().empty());
  CHECK(host.store.contents().tasks.empty());
  CHECK(host.store.contents().reports.empty());
}

TEST_CASE("only the report of its end lets a task be cleaned up", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.finish_reports();
  CHECK(host.store.contents().reports.empty());
  host.end_process("one", 0);
  host.advance(4h);
  CHECK(host.on_engine("one"));
  host.finish_reports();
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("a clean-up goes on until everything is gone", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  const std::string name = host.container("one").runtime_name;
  host.end_process("one", 0);
  host.finish_reports();
  host.runtime.fail_next("remove", {ErrorCode::Unavailable, "no engine"});
  host.limiter.busy.insert("one");
  host.advance(4h);
  CHECK_FALSE(host.runtime.find(name));
  CHECK(host.limiter.groups.contains("one"));
  CHECK(host.engine().tasks().find(Host::arn("one")));

  host.limiter.busy.clear();
  host.advance(13min);  // After hours of failures it is tried every ten minutes or so.
  CHECK(host.limiter.groups.empty());
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("a pause container is measured and watched as others are", "[component][engine]") {
  Host host;
  core::ContainerSpec pause = test::container(core::kNamespacePauseName);
  pause.kind = core::ContainerKind::NamespacePause;
  REQUIRE(host.accept({Host::payload("one", {test::container("web"), pause})}));
  std::set<std::string> measured;
  for (const RunningContainer& container : host.running) measured.insert(container.name.str());
  CHECK(measured == std::set<std::string>{"web", core::kNamespacePauseName});
}

}  // namespace
}  // namespace longshore::engine
