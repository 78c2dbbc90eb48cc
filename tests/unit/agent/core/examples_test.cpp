// Single stories, told by value: what the control plane gets to read.
#include <catch2/catch.hpp>

#include "agent/core/backoff.hpp"
#include "agent/core/dependency.hpp"
#include "agent/core/reason.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/story.hpp"

namespace longshore::core {

using namespace longshore::test;
using namespace std::chrono_literals;

TEST_CASE("a process that was over before anyone looked is reported RUNNING, then STOPPED",
          "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::Observed{0, exited(0)});
  REQUIRE(story.reports.size() == 2);
  CHECK(story.reports[0].status == ReportedStatus::Running);
  CHECK_FALSE(story.reports[0].containers.at(0).exit_code);
  CHECK(story.reports[1].status == ReportedStatus::Stopped);
  CHECK(story.reports[1].containers.at(0).exit_code == 0);
  CHECK(story.reports[1].execution_stopped_at == kNoon);
  CHECK(story.reports[1].reason.empty());
}

TEST_CASE("an out-of-memory kill is named", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.bring_up(0);
  story.tell(event::Observed{0, exited(137, true)});
  CHECK(story.reports.back().containers.at(0).reason ==
        "OutOfMemoryError: Container killed due to memory usage");
  CHECK(story.reports.back().containers.at(0).exit_code == 137);
}

TEST_CASE("a command that does not exist stops the task with the engine's words and no exit code",
          "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(
      event::StartFailed{.container = 0, .failure = broken("Error response from daemon: no")});
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Stopped);
  CHECK(story.reports[0].containers.at(0).reason ==
        "CannotStartContainerError: Error response from daemon: no");
  CHECK_FALSE(story.reports[0].containers.at(0).exit_code);
  CHECK(story.reports[0].containers.at(0).runtime_id == ContainerId("id0"));
}

TEST_CASE("a failed pull is forgotten when a cached image serves", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0, .failure = broken("registry is away")});
  story.tell(event::Pulled{.container = 0, .failure = broken("registry is away")});
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::Observed{0, exited(3)});
  CHECK(story.reports.back().containers.at(0).reason.empty());
}

TEST_CASE("a failed look-up of an image is told under the name it came with", "[unit][core]") {
  const auto [failure, reason] = GENERATE(table<event::Resolved, std::string>(
      {{{.failure = broken("no TLS")}, "CannotPullImageManifestError: no TLS"},
       {{.failure = broken("no token"), .failure_name = "CannotPullECRContainerError"},
        "CannotPullECRContainerError: no token"},
       {{.failure = broken("", ErrorCode::Timeout)},
        "DockerTimeoutError: Could not transition to MANIFEST_PULLED; timed out after waiting "
        "3m0s"}}));
  const bool fatal = GENERATE(true, false);
  Story story(task_of({container("c0")}));
  story.tell(event::ResourcesReady{});
  event::Resolved resolved = failure;
  resolved.fatal = fatal;
  story.tell(resolved);
  if (!fatal) {
    story.tell(event::Pulled{.container = 0, .failure = broken("again")});
    story.tell(event::Created{.container = 0,
                              .failure = broken("No such image: x:1", ErrorCode::NotFound)});
  }
  CHECK(story.reports.back().containers.at(0).reason == reason);
}

TEST_CASE("a failed pull is the reason when the image is missing", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.tell(event::Pulled{.container = 0, .failure = broken("manifest unknown")});
  SECTION("and named by the create call") {
    story.tell(event::Created{.container = 0,
                              .failure = broken("No such image: x:1", ErrorCode::NotFound)});
    CHECK(story.reports.back().containers.at(0).reason ==
          "CannotPullContainerError: manifest unknown");
  }
  SECTION("but not when creating failed for another cause") {
    story.tell(event::Created{.container = 0, .failure = broken("no space left on device")});
    CHECK(story.reports.back().containers.at(0).reason ==
          "CannotCreateContainerError: no space left on device");
  }
}

TEST_CASE("memory is the cause of a kill that the kernel counted", "[unit][core]") {
  CHECK(died_of_memory(137, 1, false));
  CHECK_FALSE(died_of_memory(137, 0, true));
  CHECK(died_of_memory(137, std::nullopt, true));
  CHECK_FALSE(died_of_memory(137, std::nullopt, false));
  CHECK_FALSE(died_of_memory(3, 1, true));  // a child was killed, its parent ended by itself
  CHECK_FALSE(died_of_memory(std::nullopt, 1, true));
}

TEST_CASE("the side container's end rides with the task's end", "[unit][core]") {
  Story story(task_of({container("main"), container("side", false)}));
  story.bring_up(0);
  story.bring_up(1);
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].containers.size() == 2);
  story.tell(event::Observed{1, exited(4)});
  CHECK(story.reports.size() == 1);
  story.tell(event::StopRequested{});
  story.tell(event::Observed{0, exited(137)});
  REQUIRE(story.reports.size() == 2);
  REQUIRE(story.reports[1].containers.size() == 2);
  CHECK(story.reports[1].containers[0].name == ContainerName("side"));
  CHECK(story.reports[1].containers[0].exit_code == 4);
  CHECK(story.reports[1].containers[1].name == ContainerName("main"));
}

TEST_CASE("a flush sends what waits, once", "[unit][core]") {
  Story story(task_of({container("main"), container("side", false)}));
  story.bring_up(0);
  story.bring_up(1);
  story.tell(event::Observed{1, exited(4)});
  story.tell(event::FlushDue{});
  story.tell(event::FlushDue{});
  REQUIRE(story.reports.size() == 2);
  CHECK(story.reports[1].status == ReportedStatus::Running);
  CHECK(story.reports[1].containers.at(0).name == ContainerName("side"));
}

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

TEST_CASE("where images are pulled upfront, only creating waits for the turn", "[unit][core]") {
  TaskState task = task_of(
      {container_after("app", "init", DependencyCondition::Success), container("init", false)});
  task.pull_upfront = true;
  Story story(std::move(task));
  story.pull(0);
  CHECK(story.did<action::Pull>(0));
  story.bring_up(1);
  CHECK_FALSE(story.did<action::Create>(0));
  story.tell(event::Observed{1, exited(0)});
  CHECK(story.did<action::Create>(0));
}

TEST_CASE("a pull upfront is taken back when the turn will never come", "[unit][core]") {
  TaskState task = task_of(
      {container_after("app", "init", DependencyCondition::Success), container("init", false)});
  task.pull_upfront = true;
  Story story(std::move(task));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.bring_up(1);
  story.tell(event::Observed{1, exited(1)});
  CHECK(story.did<action::CancelPull>(0));
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  CHECK(story.task.containers[0].exit_code == 143);
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

TEST_CASE("an image that is nowhere is not waited for until its container's turn", "[unit][core]") {
  const bool essential = GENERATE(true, false);
  TaskState task = task_of({container_after("app", "init", DependencyCondition::Success),
                            container("init", !essential)});
  auto spec = *task.spec;
  spec.containers[0].essential = essential;
  task.spec = std::make_shared<const TaskSpec>(std::move(spec));
  task.pull_upfront = true;
  Story story(std::move(task));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.tell(event::Pulled{.container = 0, .failure = broken("denied"), .image_missing = true});
  CHECK(story.task.stop_requested == essential);
  if (!essential) return;
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  CHECK(story.reports.back().reason == "CannotPullContainerError: denied");
  CHECK(story.task.containers[0].reason == "CannotPullContainerError: denied");
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
  CHECK(last.containers.back().reason ==
        "CannotStartContainerError: dependency init did not exit successfully");
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
        "CannotStartContainerError: dependency db did not start");
}

TEST_CASE("a stop does not wait for a pull, and takes it back", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  REQUIRE(story.did<action::Pull>(0));
  story.tell(event::StopRequested{});
  CHECK(story.did<action::CancelPull>(0));
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
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

TEST_CASE("a stop for a task that was never begun is answered with STOPPED", "[unit][core]") {
  TaskState task = task_of({container("c0")});
  task.stop_requested = true;
  Story story(std::move(task));
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Stopped);
  CHECK(story.reports[0].containers.at(0).runtime_id.empty());
}

TEST_CASE("PENDING is reported once all digests are known, with them", "[unit][core]") {
  Story story(task_of({container("a"), container("b")}));
  story.tell(event::Resolved{.container = 0, .digest = "sha256:a"});
  CHECK(story.reports.empty());
  story.tell(event::Resolved{.container = 1});
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Pending);
  CHECK(story.reports[0].containers.at(0).image_digest == "sha256:a");
}

TEST_CASE("a start that timed out is stopped, since the process may run", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::StartFailed{
      .container = 0, .failure = broken("", ErrorCode::Timeout), .may_run = true});
  CHECK(story.did<action::Stop>(0));
  CHECK(story.reports.empty());
  story.tell(event::Observed{0, exited(137)});
  CHECK(story.reports.back().containers.at(0).reason ==
        "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s");
}

TEST_CASE("a container whose picked port was taken is made anew, a few times", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  const event::StartFailed taken{
      .container = 0, .failure = broken("port is already allocated"), .port_taken = true};
  for (int attempt = 0; attempt < 5; ++attempt) {
    CHECK(story.did<action::Create>(0));
    CHECK(story.reports.empty());
    story.actions.clear();
    story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
    CHECK(story.did<action::Start>(0));
    story.tell(taken);
  }
  CHECK_FALSE(story.did<action::Create>(0));
  CHECK(story.reports.back().containers.at(0).reason ==
        "CannotStartContainerError: port is already allocated");
}

TEST_CASE("a stop ends a container that is made anew for its port", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::StartFailed{
      .container = 0, .failure = broken("port is already allocated"), .port_taken = true});
  story.tell(event::StopRequested{});
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  story.actions.clear();
  story.tell(event::Created{.container = 0, .id = ContainerId("id1")});
  CHECK_FALSE(story.did<action::Start>(0));
}

TEST_CASE("a start that failed after all is told although others run on", "[unit][core]") {
  ContainerSpec side = container("side", false);
  Story story(task_of({side, container_after("main", "side", DependencyCondition::Create)}));
  story.tell(event::ResourcesReady{});
  for (const ContainerIndex i : {0U, 1U}) story.tell(event::Resolved{.container = i});
  for (const ContainerIndex i : {0U, 1U}) story.tell(event::Pulled{.container = i});
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::Pulled{.container = 1});
  story.tell(event::Created{.container = 1, .id = ContainerId("id1")});
  story.tell(event::Observed{1, alive()});
  story.tell(event::StartFailed{
      .container = 0, .failure = broken("", ErrorCode::Timeout), .may_run = true});
  CHECK_FALSE(story.did<action::Stop>(0));  // Whoever needs it is stopped first.
  story.tell(event::Observed{0, never_started()});
  CHECK(story.task.containers[0].phase == Phase::Stopped);
  CHECK(story.task.containers[1].phase == Phase::Running);
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

TEST_CASE("durations are written as the official agent writes them", "[unit][core]") {
  using namespace std::chrono_literals;
  CHECK(go_duration(30s) == "30s");
  CHECK(go_duration(4min) == "4m0s");
  CHECK(go_duration(2h) == "2h0m0s");
}

TEST_CASE("a back-off grows to its limit and starts again after a reset", "[unit][core]") {
  using namespace std::chrono_literals;
  Backoff backoff({.first = 1s, .limit = 4s, .factor = 2.0, .jitter = 0.5});
  CHECK(backoff.next(0.0) == 1s);
  CHECK(backoff.next(1.0) == 3s);
  CHECK(backoff.next(0.0) == 4s);
  CHECK(backoff.next(0.0) == 4s);
  backoff.reset();
  CHECK(backoff.next(0.0) == 1s);
}

TEST_CASE("a runtime name keeps only what the engine accepts", "[unit][core]") {
  const TaskState task = task_of({container("we_b.1-x")});
  CHECK(runtime_name(*task.spec, task.spec->containers[0], "abc") == "ecs-family-3-web1-x-abc");
}

TEST_CASE("STOPPED is not accepted: the containers go when the bound is over", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.tell(event::StopRequested{});
  story.tell(event::CleanupDue{});
  CHECK(story.task.cleanup == Cleanup::Due);
  story.tell(event::CleanupOverdue{});
  CHECK(story.task.cleanup == Cleanup::Removing);
}

TEST_CASE("a stop does not wait for a create on its way", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  REQUIRE(story.task.containers[0].phase == Phase::Creating);
  story.tell(event::StopRequested{});
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  CHECK_FALSE(story.did<action::Start>(0));
  CHECK(story.task.containers[0].runtime_id == ContainerId("id0"));
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
