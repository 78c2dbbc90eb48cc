// Single stories, told by value: what the control plane gets to read.
#include <catch2/catch.hpp>

#include "agent/core/backoff.hpp"
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

TEST_CASE("a start that a stop came into is reported RUNNING, then STOPPED", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::StopRequested{});
  CHECK(story.reports.empty());
  story.tell(event::Observed{0, alive()});
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Running);
  CHECK(story.reports[0].containers.at(0).status == ReportedStatus::Running);
  CHECK(story.did<action::Stop>(0));
  story.tell(event::Observed{0, exited(137)});
  REQUIRE(story.reports.size() == 2);
  CHECK(story.reports[1].status == ReportedStatus::Stopped);
}

TEST_CASE("a task that lost an essential container within a start of another is not RUNNING",
          "[unit][core]") {
  Story story(task_of({container("main"), container("side", false)}));
  story.bring_up(0);
  story.pull(1);
  story.tell(event::Created{.container = 1, .id = ContainerId("id1")});
  story.tell(event::Observed{0, exited(1)});
  story.tell(event::Observed{1, alive()});
  CHECK(story.reports.empty());
  story.tell(event::Observed{1, exited(137)});
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Stopped);
  // All that was seen of either, in its order.
  REQUIRE(story.reports[0].containers.size() == 4);
  CHECK(story.reports[0].containers[2].name == ContainerName("side"));
  CHECK(story.reports[0].containers[2].status == ReportedStatus::Running);
  CHECK(story.reports[0].containers[3].status == ReportedStatus::Stopped);
}

TEST_CASE("a start that may have come to something is not RUNNING", "[unit][core]") {
  Story story(task_of({container("main"), container("side", false)}));
  story.bring_up(0);
  story.pull(1);
  story.tell(event::Created{.container = 1, .id = ContainerId("id1")});
  story.tell(event::StartFailed{
      .container = 1, .failure = {{ErrorCode::Timeout, "late"}, 30s}, .may_run = true});
  CHECK(story.reports.empty());
  story.tell(event::Observed{1, exited(137)});
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Running);
}

TEST_CASE("an out-of-memory kill is named", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.bring_up(0);
  story.tell(event::Observed{0, exited(137, true)});
  CHECK(story.reports.back().containers.at(0).reason ==
        "OutOfMemoryError: Container killed due to memory usage");
  CHECK(story.reports.back().containers.at(0).exit_code == 137);
}

TEST_CASE("a field of dockerConfig whose type the engine refuses is told by its block",
          "[unit][core]") {
  const std::string engine = "Error response from daemon: ";
  const std::string text = "json: cannot unmarshal string into Go struct field ";
  const std::string of_host = "HostConfigError: Unable to decode given host config: ";
  const std::string of_config = "DockerClientConfigError: Unable decode given docker config: ";
  const auto [said, reason] = GENERATE_COPY(table<std::string, std::string>(
      {{engine + text + "HostConfig.HostConfig.Memory of type int64",
        of_host + text + "HostConfig.Memory of type int64"},
       {engine + text + "Ulimit.HostConfig.Ulimits.Soft of type int64",
        of_host + text + "Ulimit.Ulimits.Soft of type int64"},
       {engine + text + "ContainerConfigWrapper.Labels of type map[string]string",
        of_config + text + "Config.Labels of type map[string]string"},
       {engine + text + "HealthConfig.Healthcheck.Interval of type time.Duration",
        of_config + text + "HealthConfig.Healthcheck.Interval of type time.Duration"},
       // Not the engine's own reading of the request: a volume driver's, say.
       {engine + "create v: " + text + "VolumeResponse.Err of type string",
        "CannotCreateContainerError: " + engine + "create v: " + text +
            "VolumeResponse.Err of type string"},
       {engine + "json: cannot unmarshal array",
        "CannotCreateContainerError: " + engine + "json: cannot unmarshal array"}}));
  CHECK(create_reason("CannotCreateContainerError", broken(said)) == reason);
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

TEST_CASE("a stop for a task that was never begun is answered with STOPPED", "[unit][core]") {
  TaskState task = task_of({container("c0")});
  task.stop_requested = true;
  Story story(std::move(task));
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Stopped);
  CHECK(story.reports[0].containers.at(0).runtime_id.empty());
}

TEST_CASE("a container that cannot be looked at after its start is told so by name",
          "[unit][core]") {
  const auto [failure, words] = GENERATE(table<Failure, std::string>(
      {{{{ErrorCode::Timeout, "late"}, 30s},
        "Could not transition to inspecting; timed out after waiting 30s"},
       {{{ErrorCode::Internal, "500 oops"}, 30s}, "500 oops"}}));
  const bool stopped = GENERATE(false, true);
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  if (stopped) story.tell(event::StopRequested{});
  story.tell(
      event::StartFailed{.container = 0, .failure = failure, .may_run = true, .was_started = true});
  story.tell(event::Observed{0, exited(0)});
  // Where it was to be stopped anyway, that is the cause.
  CHECK(story.reports.back().containers.at(0).reason ==
        (stopped ? "" : "CannotInspectContainerError: " + words));
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
  Story story(task_of({container_on_port("c0")}));
  story.pull(0);
  const event::StartFailed taken{.container = 0, .failure = port_taken()};
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

TEST_CASE("a port that was asked for and is taken ends the container", "[unit][core]") {
  Story story(task_of({container_on_port("c0", 80)}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.actions.clear();
  story.tell(event::StartFailed{.container = 0, .failure = port_taken()});
  CHECK_FALSE(story.did<action::Create>(0));
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
}

TEST_CASE("a stop ends a container that is made anew for its port", "[unit][core]") {
  Story story(task_of({container_on_port("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::StartFailed{.container = 0, .failure = port_taken()});
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
  CHECK(story.did<action::Stop>(0));  // Whoever needs it would never be stopped.
  SECTION("of which nothing came") { story.tell(event::Observed{0, never_started()}); }
  SECTION("of which a process came") { story.tell(event::Observed{0, exited(137)}); }
  CHECK(story.task.containers[0].phase == Phase::Stopped);
  CHECK(story.task.containers[1].phase == Phase::Running);
  CHECK(story.reports.back().status == ReportedStatus::Running);
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

}  // namespace longshore::core
