// Single stories of containers that wait for one another, on the way up and down.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "agent/core/dependency.hpp"
#include "agent/core/refusal.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/story.hpp"

namespace longshore::core {

using namespace longshore::test;

TEST_CASE("a dependant starts in the step in which its condition comes true", "[unit][core]") {
  Story story(task_of(
      {container_after("app", "init", DependencyCondition::Success), container("init", false)}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.bring_up(1);
  CHECK_FALSE(story.did<action::Pull>(0));
  story.tell(event::Observed{1, exited(0)});
  CHECK(story.did<action::Pull>(0));
}

TEST_CASE("an end begins more where something waits for it or follows it", "[unit][core]") {
  ContainerSpec init = container("init", false);
  const ContainerSpec app = container_after("app", "init", DependencyCondition::Success);
  const auto begins_more = [&](const ContainerSpec& first) {
    Story story(task_of({app, first}));
    story.bring_up(1);
    return end_begins_more(story.task, 1);
  };
  CHECK(begins_more(init));
  init.essential = true;
  CHECK_FALSE(begins_more(init));
  init.restart_policy = RestartPolicy{};
  CHECK(begins_more(init));

  Story story(task_of({app, container("init", false)}));
  story.bring_up(1);
  story.tell(event::Observed{1, exited(0)});
  story.bring_up(0);
  CHECK_FALSE(end_begins_more(story.task, 1));
  CHECK_FALSE(end_begins_more(story.task, 0));
  Story stopped(task_of({app, container("init", false)}));
  stopped.bring_up(1);
  stopped.tell(event::StopRequested{});
  CHECK_FALSE(end_begins_more(stopped.task, 1));
}

TEST_CASE("a dependency that fails stops the task with exit code 143 and the cause",
          "[unit][core]") {
  Story story(task_of(
      {container_after("app", "init", DependencyCondition::Success), container("init", false)}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.bring_up(1);
  story.tell(event::Observed{1, exited(1)});
  const auto& last = story.reports.back();
  CHECK(last.status == ReportedStatus::Stopped);
  CHECK(last.containers.back().exit_code == 143);
  CHECK(
      last.containers.back().reason ==
      "CannotStartContainerError: dependency graph: failed to resolve container ordering "
      "dependency [init(busybox:test) (STOPPED->RUNNING) - Exit: 1] for target [app(busybox:test) "
      "(MANIFEST_PULLED->RUNNING)] as dependency did not exit successfully.");
}

TEST_CASE("a dependant of a container that never started ends with it", "[unit][core]") {
  Story story(
      task_of({container_after("app", "db", DependencyCondition::Start), container("db", false)}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.tell(event::Resolved{.container = 1});
  story.tell(event::Pulled{.container = 1});
  story.tell(event::Created{.container = 1, .failure = broken("no such image")});
  CHECK_FALSE(story.did<action::Pull>(0));
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  CHECK(story.task.containers[0].exit_code == 143);
  CHECK(story.task.containers[0].reason ==
        "CannotStartContainerError: dependency graph: failed to resolve container ordering "
        "dependency [db(busybox:test) (PULLED->STOPPED)] for target [app(busybox:test) "
        "(MANIFEST_PULLED->RUNNING)] because dependency will never start");
}

TEST_CASE("who waits in vain is told how far the other one came", "[unit][core]") {
  ContainerSpec db = container("db", false);
  db.start_timeout = std::chrono::seconds{3};
  Story story(task_of({container("main"), db, container("app", false), container("late", false)}));
  const auto wait_for = [&](ContainerIndex i, const char* name, DependencyCondition condition) {
    auto spec = std::make_shared<TaskSpec>(*story.task.spec);
    spec->containers[i].depends_on = {{ContainerName(name), condition}};
    story.task.spec = std::move(spec);
  };
  wait_for(2, "db", DependencyCondition::Complete);
  wait_for(3, "app", DependencyCondition::Start);
  const auto reason = [&](ContainerIndex i) {
    const std::string& text = story.task.containers[i].reason;
    return text.substr(std::min(text.find('['), text.size()));
  };
  for (const ContainerIndex i : {0U, 2U, 3U}) story.tell(event::Resolved{.container = i});
  story.pull(1);
  story.tell(event::Created{.container = 1, .id = ContainerId("id1")});
  SECTION("it could not be started") {
    story.tell(event::StartFailed{.container = 1, .failure = broken("no such file")});
    CHECK(reason(2) ==
          "[db(busybox:test) (CREATED->STOPPED)] for target [app(busybox:test) "
          "(MANIFEST_PULLED->RUNNING)] because dependency will never start");
    // And who waits for that one in turn.
    CHECK(reason(3) ==
          "[app(busybox:test) (MANIFEST_PULLED->STOPPED) - Exit: 143] for target "
          "[late(busybox:test) (MANIFEST_PULLED->RUNNING)] because dependency will never start");
  }
  SECTION("nobody knows whether it was started") {
    story.tell(event::StartFailed{
        .container = 1, .failure = broken("", ErrorCode::Timeout), .may_run = true});
    CHECK(reason(2) ==
          "[db(busybox:test) (RUNNING->STOPPED)] for target [app(busybox:test) "
          "(MANIFEST_PULLED->RUNNING)] because dependency will never start");
  }
  SECTION("it runs for too long") {
    story.tell(event::Observed{1, alive()});
    story.tell(event::StartTimeoutPassed{1});
    CHECK(story.task.containers[2].reason ==
          "CannotStartContainerError: dependency graph: container ordering dependency "
          "[db(busybox:test) (RUNNING->RUNNING)] for target [app(busybox:test) "
          "(MANIFEST_PULLED->RUNNING)] has timed out.");
  }
}

TEST_CASE("containers stop in the reverse of their start order", "[unit][core]") {
  Story story(task_of({container("db"), container_after("app", "db", DependencyCondition::Start)}));
  story.bring_up(0);
  story.bring_up(1);
  story.tell(event::StopRequested{});
  CHECK(story.did<action::Stop>(1));
  CHECK_FALSE(story.did<action::Stop>(0));
  story.tell(event::Observed{1, exited(0)});
  CHECK(story.did<action::Stop>(0));
}

TEST_CASE("an order holds although what stood between has ended", "[unit][core]") {
  Story story(
      task_of({container("db"), container_after("job", "db", DependencyCondition::Start, false),
               container_after("app", "job", DependencyCondition::Success)}));
  story.bring_up(0);
  story.bring_up(1);
  story.tell(event::Observed{1, exited(0)});
  story.bring_up(2);
  story.tell(event::StopRequested{});
  CHECK(story.did<action::Stop>(2));
  CHECK_FALSE(story.did<action::Stop>(0));
  story.tell(event::Observed{2, exited(0)});
  CHECK(story.did<action::Stop>(0));
}

TEST_CASE("what can never run is refused in the official agent's words", "[unit][core]") {
  TaskSpec task = *task_of({container("c0")}).spec;
  CHECK_FALSE(find_refusal(task, true));
  task.memory_mib = 64;
  task.containers[0].memory_mib = 64;
  CHECK_FALSE(find_refusal(task, true));
  task.containers[0].memory_mib = 65;
  CHECK_FALSE(find_refusal(task, false));
  auto refused = find_refusal(task, true);
  REQUIRE(refused);
  CHECK(refused->reason ==
        "resource cannot be initialized for task " + task.arn.str() +
            ": cgroup resource: unable to build resource spec for task: task memory spec builder: "
            "container memory limit(65) greater than task memory limit(64)");
  task.memory_mib = 0;
  task.containers[0].depends_on = {{ContainerName("gone"), DependencyCondition::Start}};
  refused = find_refusal(task, true);
  REQUIRE(refused);
  CHECK(refused->reason == "Task dependencies cannot be resolved, taskArn: " + task.arn.str());
  CHECK(refused->cause == "container c0 depends on gone, which does not exist");
}

TEST_CASE("orders that can never work are refused by name", "[unit][core]") {
  const auto message = [](std::vector<ContainerSpec> containers) {
    const auto status = check_order(*task_of(std::move(containers)).spec);
    return status ? std::string() : status.error().message;
  };
  CHECK(message({container("a"), container("a")}) == "container name a is used twice");
  CHECK(message({container_after("a", "b", DependencyCondition::Start)}) ==
        "container a depends on b, which does not exist");
  CHECK(message({container_after("a", "b", DependencyCondition::Healthy), container("b")}) ==
        "container a waits for b to be HEALTHY, which has no health check");
  CHECK(message({container_after("a", "b", DependencyCondition::Start),
                 container_after("b", "a", DependencyCondition::Start)}) ==
        "container a depends on itself in a circle");
}

TEST_CASE("nothing is made from a container that may be made anew for another port",
          "[unit][core]") {
  Story story(task_of({container_on_port("source"),
                       container_after("user", "source", DependencyCondition::Create)}));
  story.pull(0);
  story.tell(event::Resolved{.container = 1});
  story.tell(event::Created{.container = 0, .id = ContainerId("old")});
  story.tell(event::StartFailed{.container = 0, .failure = port_taken()});
  CHECK(story.task.containers[0].phase == Phase::Creating);
  story.tell(event::Created{.container = 0, .id = ContainerId("new")});
  CHECK_FALSE(story.did<action::Pull>(1));
  story.tell(event::Observed{0, alive()});
  CHECK(story.did<action::Pull>(1));
}

TEST_CASE("what comes of a create that a stop did not wait for is known by its own id",
          "[unit][core]") {
  Story story(task_of({container_on_port("source")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("old")});
  story.tell(event::StartFailed{.container = 0, .failure = port_taken()});
  story.tell(event::StopRequested{});
  story.tell(event::Created{.container = 0, .id = ContainerId("new")});
  CHECK(story.task.containers[0].phase == Phase::Stopped);
  CHECK(story.task.containers[0].runtime_id == ContainerId("new"));
}

TEST_CASE("a pause container comes first, goes last and is not reported", "[unit][core]") {
  ContainerSpec pause = container("pause");
  pause.kind = ContainerKind::NamespacePause;
  Story story(task_of({container_after("web", "pause", DependencyCondition::Start), pause}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  CHECK_FALSE(story.did<action::Resolve>(1));
  CHECK_FALSE(story.did<action::Pull>(1));
  CHECK_FALSE(story.did<action::Pull>(0));
  story.tell(event::Created{.container = 1, .id = ContainerId("id1")});
  story.tell(event::Observed{1, alive()});
  story.bring_up(0);
  CHECK(story.reports.back().status == ReportedStatus::Running);
  story.tell(event::StopRequested{});
  CHECK(story.did<action::Stop>(0));
  CHECK_FALSE(story.did<action::Stop>(1));
  story.tell(event::Observed{0, exited(137)});
  CHECK(story.did<action::Stop>(1));
  story.tell(event::Observed{1, exited(0)});
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  for (const TaskChange& report : story.reports) {
    for (const ContainerChange& c : report.containers) CHECK(c.name.str() == "web");
  }
}

}  // namespace longshore::core
