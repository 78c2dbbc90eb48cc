// Single stories of images: looked up, pulled, missing.
#include <catch2/catch.hpp>

#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/story.hpp"

namespace longshore::core {

using namespace longshore::test;
using namespace std::chrono_literals;

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
  SECTION("and not understood by the create call") {
    story.tell(event::Created{
        .container = 0,
        .failure = broken("invalid reference format: repository name must be lowercase")});
    CHECK(story.reports.back().containers.at(0).reason ==
          "CannotPullContainerError: manifest unknown");
  }
  SECTION("but not when creating failed for another cause") {
    story.tell(event::Created{.container = 0, .failure = broken("no space left on device")});
    CHECK(story.reports.back().containers.at(0).reason ==
          "CannotCreateContainerError: no space left on device");
  }
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

TEST_CASE("a digest that the task names is reported, but is no news", "[unit][core]") {
  ContainerSpec pinned = container("c0");
  pinned.image = "app@sha256:1";
  Story story(task_of({pinned}));
  story.tell(event::Resolved{.container = 0, .digest = "sha256:1"});
  CHECK(story.reports.empty());
  story.tell(event::ResourcesReady{});
  story.tell(event::Pulled{.container = 0, .needed = true});
  story.tell(event::Created{.container = 0, .id = ContainerId("id0")});
  story.tell(event::Observed{0, alive()});
  REQUIRE(story.reports.size() == 1);
  REQUIRE(story.reports[0].containers.size() == 1);
  CHECK(story.reports[0].containers[0].image_digest == "sha256:1");
}

TEST_CASE("when a pull began is told although a stop cuts it short", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.tell(event::ResourcesReady{});
  story.tell(event::Resolved{.container = 0});
  story.tell(event::PullBegan{0});
  story.tell(event::StopRequested{});
  CHECK(story.reports.back().status == ReportedStatus::Stopped);
  CHECK(story.reports.back().pull_started_at == kNoon);
  CHECK_FALSE(story.reports.back().pull_stopped_at);
}

TEST_CASE("a cached image needs no pull, and no times of one", "[unit][core]") {
  Story story(task_of({container("c0")}));
  story.bring_up(0);
  CHECK_FALSE(story.reports.back().pull_started_at);
  CHECK_FALSE(story.reports.back().pull_stopped_at);
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

TEST_CASE("PENDING is reported once all digests are known, with them", "[unit][core]") {
  Story story(task_of({container("a"), container("b")}));
  story.tell(event::Resolved{.container = 0, .digest = "sha256:a"});
  CHECK(story.reports.empty());
  story.tell(event::Resolved{.container = 1});
  REQUIRE(story.reports.size() == 1);
  CHECK(story.reports[0].status == ReportedStatus::Pending);
  CHECK(story.reports[0].containers.at(0).image_digest == "sha256:a");
}

}  // namespace longshore::core
