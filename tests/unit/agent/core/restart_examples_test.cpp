// Containers that run more than once: by their policy, or because somebody else started them.
#include <catch2/catch.hpp>

#include "agent/core/decide.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/story.hpp"

namespace longshore::core {
namespace {

using namespace longshore::test;
using namespace std::chrono_literals;

Observation run_of(int run, Observation seen) {
  seen.run = run;
  seen.started_at = kNoon - std::chrono::seconds{100 - run};
  return seen;
}

/// One container whose policy lets it run again after 60 s, except after exit code 0.
Story restartable() {
  ContainerSpec web = container("web");
  web.restart_policy = RestartPolicy{.ignored_exit_codes = {0}, .attempt_period = 60s};
  return Story(task_of({web}));
}

void start_first_run(Story& story) {
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::Observed{0, run_of(0, alive())});
  story.actions.clear();
}

}  // namespace

TEST_CASE("a restart policy starts an ended container in place, and tells nobody", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  Observation healthy = run_of(0, alive());
  healthy.health = Health::Healthy;
  story.tell(event::Observed{0, healthy});
  story.tell(event::Observed{0, run_of(0, exited(1))});
  CHECK(story.did<action::Start>(0));
  CHECK(story.task.containers[0].restart_count == 1);
  CHECK(story.task.containers[0].health == Health::Unknown);
  CHECK(story.task.containers[0].phase == Phase::Running);
  story.tell(event::Observed{0, run_of(0, exited(1))});  // the stream repeats the old end
  story.tell(event::Observed{0, run_of(1, alive())});
  CHECK_FALSE(story.task.containers[0].restarting);
  CHECK_FALSE(story.task.containers[0].exit_code);
  CHECK(story.reports.size() == 1);
  story.tell(event::Observed{0, run_of(1, exited(0))});
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  CHECK(story.reports.back().containers.at(0).exit_code == 0);
}

TEST_CASE("ten thousand restarts leave nothing to report but the last end", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  const auto long_run = [](int run, Observation seen) {
    seen.run = run;
    seen.started_at = kNoon - 100s;
    return seen;
  };
  for (int run = 0; run < 10'000; ++run) {
    story.tell(event::Observed{0, long_run(run, exited(1))});
    story.tell(event::FlushDue{});
    story.tell(event::Observed{0, long_run(run + 1, alive())});
    story.actions.clear();
  }
  CHECK(story.task.containers[0].restart_count == 10'000);
  CHECK(story.reports.size() == 1);
  CHECK(story.task.unreported.empty());
  story.tell(event::Observed{0, long_run(10'000, exited(0))});
  CHECK(story.reports.size() == 2);
}

TEST_CASE("a run shorter than the policy's period is final", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  Observation seen = exited(1);
  story.task.containers[0].started_at = kNoon - 59s;
  story.tell(event::Observed{0, seen});
  CHECK_FALSE(story.did<action::Start>(0));
  CHECK(story.reports.back().containers.at(0).exit_code == 1);
}

TEST_CASE("a run is as long as the engine says, however late it is looked at", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  Observation seen = exited(1);
  story.task.containers[0].started_at = kNoon - 10min;
  seen.finished_at = kNoon - 10min + 59s;
  SECTION("too short") {
    story.tell(event::Observed{0, seen});
    CHECK_FALSE(story.did<action::Start>(0));
  }
  SECTION("over before the engine dated its start") {
    story.task.containers[0].started_at = kNoon - 1s;
    seen.finished_at = kNoon - 1s - 1ms;
    story.tell(event::Observed{0, seen});
    CHECK_FALSE(story.did<action::Start>(0));
  }
  SECTION("long enough") {
    *seen.finished_at += 1s;
    story.tell(event::Observed{0, seen});
    CHECK(story.did<action::Start>(0));
  }
}

TEST_CASE("a restart that fails leaves the end it was to mend", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.tell(event::Observed{0, run_of(0, exited(137, true))});
  story.tell(event::StartFailed{.container = 0, .failure = broken("no space")});
  const ContainerChange& told = story.reports.back().containers.at(0);
  CHECK(told.exit_code == 137);
  CHECK(told.reason == "OutOfMemoryError: Container killed due to memory usage");
}

TEST_CASE("a restart whose answer was lost is stopped before anything is said of its end",
          "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.tell(event::Observed{0, run_of(0, exited(1))});
  story.tell(event::StartFailed{
      .container = 0, .failure = broken("no answer", ErrorCode::Timeout), .may_run = true});
  CHECK(story.did<action::Stop>(0));
  CHECK(story.reports.size() == 1);
  story.tell(event::Observed{0, run_of(1, exited(137))});
  CHECK(story.reports.back().containers.at(0).exit_code == 137);
}

TEST_CASE("a stop in the middle of a restart wins", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.tell(event::Observed{0, run_of(0, exited(1))});
  story.tell(event::StopRequested{});
  CHECK_FALSE(story.did<action::Stop>(0));  // the start on its way is not overtaken
  story.tell(event::Observed{0, run_of(1, alive())});
  CHECK(story.did<action::Stop>(0));
  story.tell(event::Observed{0, run_of(1, exited(137))});
  CHECK(story.task.containers[0].restart_count == 1);
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
}

TEST_CASE("a restart cut off by a crash is taken up again", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.tell(event::Observed{0, run_of(0, exited(1))});
  Decision d = resume(story.task, kNoon);
  story.task = d.next;
  story.actions = d.actions;
  CHECK(story.did<action::Recover>(0));
  CHECK_FALSE(story.did<action::Start>(0));
  Observation old_end = run_of(0, exited(1));
  old_end.run = 1;
  story.tell(event::Recovered{0, old_end});
  CHECK(story.did<action::Start>(0));
  CHECK(story.task.containers[0].restart_count == 1);
}

TEST_CASE("an answer about the run before begins no second start", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.tell(event::Observed{0, run_of(0, exited(1))});
  REQUIRE(story.task.containers[0].restarting);
  story.actions.clear();
  story.tell(event::Recovered{0, run_of(0, exited(1))});
  CHECK_FALSE(story.did<action::Start>(0));
}

TEST_CASE("a container that somebody starts after its STOPPED report is stopped again",
          "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.bring_up(0);
  story.tell(event::Observed{0, exited(0)});
  story.actions.clear();
  story.tell(event::Observed{0, alive()});
  CHECK(story.did<action::Stop>(0));
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
}

TEST_CASE("a container that was there before its create call is started only if it never ran",
          "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.pull(0);
  story.tell(event::Created{.container = 0, .id = ContainerId("id0"), .existed = true});
  CHECK(story.did<action::Recover>(0));
  CHECK_FALSE(story.did<action::Start>(0));
  SECTION("it never did") {
    story.tell(event::Recovered{0, never_started()});
    CHECK(story.did<action::Start>(0));
  }
  SECTION("it runs") {
    story.tell(event::Recovered{0, alive()});
    CHECK(story.reports.back().status == ReportedStatus::Running);
    CHECK_FALSE(story.did<action::Start>(0));
  }
  SECTION("it has ended") {
    story.tell(event::Recovered{0, exited(3)});
    REQUIRE(story.reports.size() == 2);
    CHECK(story.reports.front().status == ReportedStatus::Running);
    CHECK(story.reports.back().containers.at(0).exit_code == 3);
    CHECK_FALSE(story.did<action::Start>(0));
  }
}

TEST_CASE("a run that somebody else began is one of the restart policy's", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.tell(event::Observed{0, run_of(0, alive())});
  CHECK_FALSE(story.did<action::Recover>(0));
  Observation foreign = run_of(0, alive());
  foreign.started_at = kNoon - 60s;
  story.tell(event::Observed{0, foreign});
  CHECK(story.task.containers[0].restart_count == 1);
  CHECK_FALSE(story.task.containers[0].stop_requested);
  CHECK(story.did<action::Recover>(0));
  foreign.run = 1;
  story.tell(event::Recovered{0, foreign});
  CHECK(story.task.containers[0].restart_count == 1);
  story.tell(event::Observed{0, run_of(0, exited(0))});  // the end of the run before, late
  CHECK(story.task.containers[0].phase == Phase::Running);
  Observation ended = exited(1);
  ended.run = 1;
  ended.started_at = foreign.started_at;
  story.actions.clear();
  story.tell(event::Observed{0, ended});
  CHECK(story.did<action::Start>(0));
  CHECK(story.reports.size() == 1);
}

TEST_CASE("a run that somebody else began is stopped in its turn, and its end is the container's",
          "[unit][core]") {
  Story story(
      task_of({container("web"), container_after("side", "web", DependencyCondition::Start)}));
  story.bring_up(0);
  story.bring_up(1);
  story.actions.clear();
  Observation foreign = alive();
  foreign.started_at = kNoon + 1ms;
  story.tell(event::Observed{0, foreign});
  CHECK(story.task.containers[0].stop_requested);
  CHECK(story.reports.size() == 1);
  story.tell(event::Observed{0, exited(137)});
  CHECK(story.task.containers[0].reason ==
        "ContainerRestartedError: the container was started again by somebody else");
  story.tell(event::Observed{1, exited(143)});
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
}

TEST_CASE("a clock set back ends no restarts", "[unit][core]") {
  Story story = restartable();
  start_first_run(story);
  story.task.containers[0].started_at = kNoon + 24h;
  Observation seen = exited(1);
  story.tell(event::Observed{0, seen});
  CHECK(story.did<action::Start>(0));
}

}  // namespace longshore::core
