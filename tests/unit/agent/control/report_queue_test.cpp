#include "agent/control/report_queue.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

namespace longshore::control {
namespace {

using core::ContainerChange;
using core::ReportedStatus;
using core::TaskChange;

ContainerChange container(const std::string& name, ReportedStatus status) {
  return {.name = ContainerName(name), .status = status};
}

TaskChange running(const std::string& name) {
  return {.status = ReportedStatus::Running,
          .containers = {container(name, ReportedStatus::Running)}};
}

}  // namespace

TEST_CASE("up to its bound a queue keeps every report as it came", "[unit][control]") {
  ReportQueue queue;
  for (ReportId id = 0; id < 100; ++id) queue.push(id, running("c" + std::to_string(id)));
  for (ReportId id = 0; id < 100; ++id) {
    const PendingReport report = queue.pop();
    CHECK(report.ids == std::vector<ReportId>{id});
    CHECK(report.change == running("c" + std::to_string(id)));
  }
  CHECK(queue.empty());
}

TEST_CASE("beyond its bound neighbours are joined, and the front is left alone",
          "[unit][control]") {
  ReportQueue queue;
  for (ReportId id = 0; id < 101; ++id) queue.push(id, running("c" + std::to_string(id)));
  CHECK(queue.size() == 100);
  CHECK(queue.pop().ids == std::vector<ReportId>{0});
  const PendingReport joined = queue.pop();
  CHECK(joined.ids == std::vector<ReportId>{1, 2});
  REQUIRE(joined.change.containers.size() == 2);
  CHECK(joined.change.containers[0].name.str() == "c1");
  CHECK(joined.change.containers[1].name.str() == "c2");
  CHECK(queue.pop().ids == std::vector<ReportId>{3});
}

TEST_CASE("a joined report has the end of the task, its reason and its times", "[unit][control]") {
  ReportQueue queue;
  const WallTime end{std::chrono::milliseconds(5)};
  queue.push(0, running("a"));
  queue.push(1, running("a"));
  queue.push(2, {.status = ReportedStatus::Stopped,
                 .reason = "why",
                 .containers = {container("a", ReportedStatus::Stopped)},
                 .execution_stopped_at = end});
  // Enough for two joins: the end with what came before it, then with what came after.
  for (ReportId id = 3; id <= 101; ++id) queue.push(id, running("late"));
  static_cast<void>(queue.pop());
  const PendingReport report = queue.pop();
  CHECK(report.ids == std::vector<ReportId>{1, 2, 3});
  const TaskChange& joined = report.change;
  CHECK(joined.status == ReportedStatus::Stopped);
  CHECK(joined.reason == "why");
  CHECK(joined.execution_stopped_at == end);
}

TEST_CASE("however much is reported, the queue is bounded and nothing final is lost",
          "[unit][control]") {
  CHECK(rc::check("joins lose nothing that counts", [] {
    const auto count = *rc::gen::inRange<std::int64_t>(0, 400);
    ReportQueue queue;
    std::set<std::string> stopped;
    for (ReportId id = 0; id < count; ++id) {
      const std::string name = "c" + std::to_string(*rc::gen::inRange(0, 5));
      const auto status = *rc::gen::element(ReportedStatus::Pending, ReportedStatus::Running,
                                            ReportedStatus::Stopped);
      if (status == ReportedStatus::Stopped) stopped.insert(name);
      queue.push(id, {.status = status, .containers = {container(name, status)}});
      RC_ASSERT(queue.size() <= ReportQueue::kMaxReports);
    }
    ReportId next = 0;
    std::set<std::string> told;
    bool task_stopped = false;
    while (!queue.empty()) {
      const PendingReport report = queue.pop();
      for (const ReportId id : report.ids) RC_ASSERT(id == next++);
      RC_ASSERT(report.ids.size() == 1U || report.change.containers.size() <= 15U);
      task_stopped = task_stopped || report.change.status == ReportedStatus::Stopped;
      for (const ContainerChange& change : report.change.containers) {
        if (change.status == ReportedStatus::Stopped) told.insert(change.name.str());
      }
    }
    RC_ASSERT(next == count);
    RC_ASSERT(told == stopped);
    RC_ASSERT(task_stopped == !stopped.empty());
  }));
}

}  // namespace longshore::control
