#include "agent/endpoints/listed_task.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/core_builders.hpp"

using namespace longshore;
using namespace longshore::endpoints;
using core::Phase;
using core::TaskState;
using test::container;
using test::kNoon;
using test::task_of;

namespace {

TaskState two_containers() {
  core::ContainerSpec web = container("web");
  web.has_health_check = true;
  TaskState task = task_of({web, container("log", false)});
  task.arrival = 7;
  return task;
}

}  // namespace

TEST_CASE("a fresh task is listed as pending, with why it waits", "[unit][endpoints]") {
  const ListedTask listed = listed_task(two_containers(), "needs 1 CPU units, 0 are free");
  CHECK(listed.arn == "arn:aws:ecs:us-west-2:123456789012:task/test/0123456789abcdef");
  CHECK(listed.family == "family");
  CHECK(listed.version == "3");
  CHECK(listed.desired_status == "RUNNING");
  CHECK(listed.known_status == "PENDING");
  CHECK(listed.arrival == 7);
  CHECK(listed.waits_for == "needs 1 CPU units, 0 are free");
  CHECK(listed.stopped_at.empty());
  REQUIRE(listed.containers.size() == 2);
  CHECK(listed.containers[0].name == "web");
  CHECK(listed.containers[0].known_status == "PENDING");
  CHECK(listed.containers[0].phase == "waiting");
  CHECK(listed.containers[0].health == "UNKNOWN");
  CHECK(listed.containers[0].image == "busybox:test");
  CHECK(listed.containers[1].health.empty());
}

TEST_CASE("a running container is listed with its runtime facts", "[unit][endpoints]") {
  TaskState task = two_containers();
  for (auto& c : task.containers) {
    c.phase = Phase::Running;
    c.started_at = kNoon;
  }
  core::ContainerState& web = task.containers[0];
  web.runtime_id = ContainerId("abc");
  web.health = core::Health::Healthy;
  web.restart_count = 2;
  task.containers[1].restarting = true;
  const ListedTask listed = listed_task(task, std::nullopt);
  CHECK(listed.known_status == "RUNNING");
  CHECK(listed.waits_for.empty());
  CHECK(listed.containers[0].known_status == "RUNNING");
  CHECK(listed.containers[0].runtime_id == "abc");
  CHECK(listed.containers[0].runtime_name == "ecs-family-3-web");
  CHECK(listed.containers[0].health == "HEALTHY");
  CHECK(listed.containers[0].restart_count == 2);
  CHECK(listed.containers[0].started_at == "2024-10-04T00:00:00.000Z");
  CHECK(listed.containers[1].phase == "restarting");
}

TEST_CASE("a container is listed with the conditions that it waits for", "[unit][endpoints]") {
  auto app = test::container_after("app", "db", core::DependencyCondition::Healthy);
  app.depends_on.push_back({ContainerName("init"), core::DependencyCondition::Success});
  core::ContainerSpec db = container("db");
  db.has_health_check = true;
  TaskState task = task_of({app, db, container("init", false)});
  const auto waits_for = [&] { return listed_task(task, {}).containers[0].waits_for; };
  CHECK(waits_for() == "HEALTHY of db, SUCCESS of init");
  task.containers[1].phase = Phase::Running;
  task.containers[1].health = core::Health::Healthy;
  CHECK(waits_for() == "SUCCESS of init");
  const auto back =
      read_json(std::string_view(to_json(listed_task(task, {})).dump()), read_listed_task);
  REQUIRE(back);
  CHECK(back->containers[0].waits_for == "SUCCESS of init");
  task.containers[0].phase = Phase::Creating;
  CHECK(waits_for().empty());
  task.containers[0].phase = Phase::Resolved;
  task.admitted = false;
  CHECK(waits_for().empty());
}

TEST_CASE("a task on its way down, and down, is desired stopped", "[unit][endpoints]") {
  TaskState task = two_containers();
  task.stop_requested = true;
  task.containers[0].phase = Phase::Stopping;
  CHECK(listed_task(task, std::nullopt).desired_status == "STOPPED");
  CHECK(listed_task(task, std::nullopt).containers[0].known_status == "RUNNING");

  task = two_containers();
  task.reason = "out of luck";
  task.stopped_at = kNoon;
  for (auto& c : task.containers) c.phase = Phase::Stopped;
  task.containers[0].exit_code = 3;
  task.containers[0].reason = "OutOfMemoryError: Container killed due to memory usage";
  task.containers[1].soft_reason = "CannotPullContainerError: no";
  const ListedTask listed = listed_task(task, std::nullopt);
  CHECK(listed.desired_status == "STOPPED");
  CHECK(listed.known_status == "STOPPED");
  CHECK(listed.stopped_at == "2024-10-04T00:00:00.000Z");
  CHECK(listed.reason == "out of luck");
  CHECK(listed.containers[0].exit_code == 3);
  CHECK(listed.containers[0].reason == "OutOfMemoryError: Container killed due to memory usage");
  CHECK(listed.containers[1].exit_code == std::nullopt);
  CHECK(listed.containers[1].reason == "CannotPullContainerError: no");
}

TEST_CASE("our own pause container is not listed", "[unit][endpoints]") {
  core::ContainerSpec pause = container("~internal~ecs~pause");
  pause.kind = core::ContainerKind::NamespacePause;
  const ListedTask listed = listed_task(task_of({pause, container("web")}), std::nullopt);
  REQUIRE(listed.containers.size() == 1);
  CHECK(listed.containers[0].name == "web");
}

TEST_CASE("an endless reason is cut", "[unit][endpoints]") {
  TaskState task = two_containers();
  task.reason = task.containers[0].reason = std::string(100'000, 'x');
  const ListedTask listed = listed_task(task, std::nullopt);
  CHECK(listed.reason.size() == 1024);
  CHECK(listed.containers[0].reason.size() == 1024);
}

TEST_CASE("a listed task is read back from its JSON as it was", "[unit][endpoints]") {
  TaskState task = two_containers();
  task.containers[0].phase = Phase::Stopped;
  task.containers[0].exit_code = 0;
  task.containers[0].reason = "why";
  task.containers[0].runtime_id = ContainerId("abc");
  task.containers[0].started_at = kNoon;
  task.containers[1].restart_count = 4;
  task.reason = "whole";
  task.stopped_at = kNoon;
  const ListedTask listed = listed_task(task, "behind 2 tasks");
  const auto json = to_json(listed);
  CHECK(json.at("Containers").at(0).at("ExitCode") == 0);
  CHECK_FALSE(json.at("Containers").at(1).contains("ExitCode"));
  const auto back = read_json(std::string_view(json.dump()), read_listed_task);
  REQUIRE(back);
  CHECK(*back == listed);
}

TEST_CASE("what is no listed task is refused with its place", "[unit][endpoints]") {
  const auto refused = [](std::string_view text) {
    const auto read = read_json(text, read_listed_task);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::InvalidInput);
    return read.error().message;
  };
  CHECK(refused("{}") == "Arn: required, but missing");
  CHECK(refused(R"({"Arn":"a","DesiredStatus":"RUNNING","KnownStatus":"RUNNING","Arrival":-1})")
            .starts_with("Arrival: expected 0 or more"));
  CHECK(refused(R"({"Arn":"a","DesiredStatus":"","KnownStatus":"","Containers":[{"Name":1}]})")
            .starts_with("Containers[0].Name: expected a string"));
}
