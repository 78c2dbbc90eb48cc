#pragma once

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "agent/store/state_store.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {

/// A store under test, empty at first. `reopen` gives it as the next process would find it.
struct StoreUnderTest {
  boost::asio::io_context& io;
  std::function<store::StateStore&()> reopen{};
};

inline core::TaskState stored_task(const std::string& arn) {
  core::TaskState task = test::task_of({test::container("web"), test::container("db", false)});
  auto spec = *task.spec;
  spec.arn = TaskArn(arn);
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  return task;
}

inline core::TaskChange stored_change(const std::string& arn,
                                      core::ReportedStatus status = core::ReportedStatus::Running) {
  return {.task = TaskArn(arn), .status = status};
}

/// TaskState compares specifications by address; after a load only their values can be equal.
inline void check_same_task(const core::TaskState& one, core::TaskState other) {
  REQUIRE(one.spec);
  REQUIRE(other.spec);
  CHECK(*one.spec == *other.spec);
  other.spec = one.spec;
  CHECK(one == other);
}

/// What every StateStore must do.
class StoreContract {
 public:
  explicit StoreContract(StoreUnderTest under_test) : test_(std::move(under_test)) {}

  void check() {
    begins_empty();
    keeps_what_was_saved();
    replaces_and_forgets();
    never_uses_a_report_id_again();
    carries_out_calls_in_order();
    never_keeps_that_keys_are_here();
    keeps_the_identity();
  }

 private:
  store::Contents loaded() {
    auto contents = run_on(test_.io, test_.reopen().load());
    REQUIRE(contents);
    return std::move(*contents);
  }
  std::vector<store::ReportId> saved(store::Changes changes) {
    auto ids = run_on(test_.io, test_.reopen().save(std::move(changes)));
    REQUIRE(ids);
    return std::move(*ids);
  }

  void begins_empty() {
    const auto contents = loaded();
    CHECK(contents.tasks.empty());
    CHECK(contents.reports.empty());
    CHECK(contents.metadata.empty());
  }

  void keeps_what_was_saved() {
    core::TaskState task = stored_task("task-1");
    task.containers[0].phase = core::Phase::Running;
    task.containers[0].runtime_id = ContainerId("abc");
    task.containers[0].started_at = test::kNoon;
    const auto ids = saved({.tasks = {task, stored_task("task-2")},
                            .new_reports = {stored_change("task-2"), stored_change("task-1"),
                                            stored_change("task-2", core::ReportedStatus::Stopped)},
                            .metadata = {{"empty", ""}, {"key", "it's \"quoted\""}},
                            .durable = true});
    REQUIRE(ids.size() == 3);
    CHECK(ids[0] < ids[1]);
    CHECK(ids[1] < ids[2]);

    const auto contents = loaded();
    REQUIRE(contents.tasks.size() == 2);
    const bool in_order = contents.tasks[0].spec->arn == TaskArn("task-1");
    check_same_task(task, contents.tasks[in_order ? 0 : 1]);
    REQUIRE(contents.reports.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) CHECK(contents.reports[i].id == ids[i]);
    CHECK(contents.reports[0].change == stored_change("task-2"));
    CHECK(contents.reports[1].change == stored_change("task-1"));
    CHECK(contents.metadata ==
          std::map<std::string, std::string>{{"empty", ""}, {"key", "it's \"quoted\""}});
  }

  void replaces_and_forgets() {
    core::TaskState task = stored_task("task-1");
    task.stop_requested = true;
    const auto before = loaded();
    saved({.tasks = {task},
           .forgotten = {TaskArn("task-2"), TaskArn("never-there")},
           .finished_reports = {before.reports[1].id},
           .metadata = {{"key", "new"}}});
    const auto contents = loaded();
    REQUIRE(contents.tasks.size() == 1);
    check_same_task(task, contents.tasks[0]);
    REQUIRE(contents.reports.size() == 2);
    CHECK(contents.reports[0].id == before.reports[0].id);
    CHECK(contents.reports[1].id == before.reports[2].id);
    CHECK(contents.metadata.at("key") == "new");
    CHECK(contents.metadata.contains("empty"));
  }

  void never_uses_a_report_id_again() {
    store::Changes finish_all;
    store::ReportId highest = 0;
    for (const auto& report : loaded().reports) {
      finish_all.finished_reports.push_back(report.id);
      highest = std::max(highest, report.id);
    }
    saved(std::move(finish_all));
    CHECK(loaded().reports.empty());
    const auto ids = saved({.new_reports = {stored_change("task-1")}});
    REQUIRE(ids.size() == 1);
    CHECK(ids[0] > highest);
    saved({.finished_reports = ids});
  }

  void carries_out_calls_in_order() {
    store::StateStore& store = test_.reopen();
    std::vector<std::string> answered;
    for (const char* value : {"first", "second", "third"}) {
      boost::asio::co_spawn(test_.io, store.save({.metadata = {{"order", value}}}),
                            [&, value](const std::exception_ptr& thrown, const auto& ids) {
                              CHECK((!thrown && ids));
                              answered.emplace_back(value);
                            });
    }
    const auto contents = run_on(test_.io, store.load());
    REQUIRE(contents);
    CHECK(contents->metadata.at("order") == "third");
    CHECK(answered == std::vector<std::string>{"first", "second", "third"});
  }

  void never_keeps_that_keys_are_here() {
    core::TaskState task = stored_task("task-1");
    task.execution_role_ready = true;
    saved({.tasks = {task}});
    CHECK_FALSE(loaded().tasks.at(0).execution_role_ready);
  }

  void keeps_the_identity() {
    CHECK_FALSE(loaded().identity);
    const auto metadata = loaded().metadata;
    for (const char* arn : {"arn:one", "arn:two"}) {
      const store::Identity identity{.instance = ContainerInstanceArn(arn), .cluster = "c"};
      saved({.identity = identity, .durable = true});
      CHECK(loaded().identity == identity);
    }
    saved({.metadata = {{"key", "newest"}}});
    REQUIRE(loaded().identity);
    CHECK(loaded().identity->instance == ContainerInstanceArn("arn:two"));
    CHECK(loaded().metadata.size() == metadata.size());
  }

  StoreUnderTest test_;
};

}  // namespace longshore::testing
