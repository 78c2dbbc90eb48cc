#include "agent/engine/task_table.hpp"

#include <catch2/catch.hpp>

#include "tests/support/core_builders.hpp"

namespace longshore::engine {
namespace {

using test::at_noon;
namespace event = core::event;
namespace action = core::action;

const TaskArn kArn = test::task_of({}).spec->arn;

/// A table with one task of one container, its first decision taken.
TaskTable with_task() {
  TaskTable table;
  table.insert(test::task_of({test::container("web")}));
  table.apply(kArn, at_noon(event::Accepted{}));
  return table;
}

/// The same task, its container about to be created.
TaskTable about_to_create() {
  TaskTable table = with_task();
  table.apply(kArn, at_noon(event::ResourcesReady{}));
  table.apply(kArn, at_noon(event::Resolved{}));
  table.apply(kArn, at_noon(event::Pulled{}));
  table.take_unsaved();
  return table;
}

template <typename Action>
bool is(const std::pair<TaskArn, core::Action>& entry) {
  return entry.first == kArn && std::holds_alternative<Action>(entry.second);
}

TEST_CASE("a decision is kept until it is taken, once", "[unit][engine]") {
  TaskTable table = with_task();
  CHECK(table.has_unsaved());
  const Unsaved unsaved = table.take_unsaved();
  CHECK(unsaved.changed == std::set<TaskArn>{kArn});
  REQUIRE(unsaved.actions.size() == 2);
  CHECK(is<action::CreateResources>(unsaved.actions[0]));
  CHECK(is<action::Resolve>(unsaved.actions[1]));
  CHECK(unsaved.reports.empty());
  CHECK_FALSE(table.has_unsaved());
  CHECK(table.take_unsaved().empty());
}

TEST_CASE("an event that changes nothing leaves nothing to save", "[unit][engine]") {
  TaskTable table = with_task();
  table.take_unsaved();
  table.apply(kArn, at_noon(event::Accepted{}));
  table.apply(kArn, at_noon(event::Vanished{0}));
  CHECK_FALSE(table.has_unsaved());
}

TEST_CASE("an event for a task that is not here changes nothing", "[unit][engine]") {
  TaskTable table;
  table.apply(kArn, at_noon(event::StopRequested{}));
  table.resume(kArn, test::kNoon);
  CHECK(table.find(kArn) == nullptr);
  CHECK(table.all().empty());
  CHECK_FALSE(table.has_unsaved());
}

TEST_CASE("reports are handed over apart from other actions", "[unit][engine]") {
  TaskTable table = with_task();
  table.take_unsaved();
  table.apply(kArn, at_noon(event::StopRequested{}));
  const Unsaved unsaved = table.take_unsaved();
  REQUIRE(unsaved.reports.size() == 1);
  CHECK(unsaved.reports[0].task == kArn);
  CHECK(unsaved.reports[0].status == core::ReportedStatus::Stopped);
  REQUIRE(unsaved.actions.size() == 1);
  CHECK(is<action::ArmCleanup>(unsaved.actions[0]));
}

TEST_CASE("what is put back goes in front of what came since", "[unit][engine]") {
  TaskTable table = with_task();
  Unsaved first = table.take_unsaved();
  first.changed.insert(TaskArn("other"));
  first.reports.push_back({.task = TaskArn("other")});
  table.apply(kArn, at_noon(event::StopRequested{}));
  table.put_back(std::move(first));

  const Unsaved all = table.take_unsaved();
  CHECK(all.changed == std::set<TaskArn>{kArn, TaskArn("other")});
  REQUIRE(all.actions.size() == 3);
  CHECK(is<action::CreateResources>(all.actions[0]));
  CHECK(is<action::Resolve>(all.actions[1]));
  CHECK(is<action::ArmCleanup>(all.actions[2]));
  REQUIRE(all.reports.size() == 2);
  CHECK(all.reports[0].task == TaskArn("other"));
  CHECK(all.reports[1].task == kArn);
}

TEST_CASE("a container is found by its id from when it is created", "[unit][engine]") {
  const ContainerId id("abc");
  TaskTable table = about_to_create();
  CHECK_FALSE(table.find(id));
  CHECK_FALSE(table.find(ContainerId()));
  table.apply(kArn, at_noon(event::Created{.id = id}));
  CHECK(table.find(id) == ContainerKey{kArn, 0});

  table.erase(kArn);
  CHECK_FALSE(table.find(id));
  CHECK(table.find(kArn) == nullptr);
}

TEST_CASE("the containers of a loaded task are found by their ids", "[unit][engine]") {
  core::TaskState task = test::task_of({test::container("web"), test::container("db")});
  task.containers[1].runtime_id = ContainerId("abc");
  task.containers[1].phase = core::Phase::Running;
  TaskTable table;
  table.insert(std::move(task));
  CHECK(table.find(ContainerId("abc")) == ContainerKey{kArn, 1});
  CHECK_FALSE(table.find(ContainerId()));
  CHECK_FALSE(table.has_unsaved());

  table.resume(kArn, test::kNoon);
  const Unsaved unsaved = table.take_unsaved();
  CHECK(std::any_of(unsaved.actions.begin(), unsaved.actions.end(), is<action::Recover>));
}

TEST_CASE("a task that is erased is not saved any more", "[unit][engine]") {
  TaskTable table = with_task();
  table.erase(kArn);
  CHECK(table.take_unsaved().changed.empty());
  table.erase(kArn);
  CHECK(table.all().empty());
}

}  // namespace
}  // namespace longshore::engine
