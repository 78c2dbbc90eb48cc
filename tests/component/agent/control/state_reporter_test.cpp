#include "agent/control/state_reporter.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <optional>

#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_control_plane.hpp"

namespace longshore::control {
namespace {

using core::ReportedStatus;
using core::TaskChange;
using namespace std::chrono_literals;

TaskChange change(const std::string& task, ReportedStatus status, std::string reason = "") {
  return {.task = TaskArn(task), .status = status, .reason = std::move(reason)};
}

Status unavailable() { return fail(ErrorCode::Unavailable, "down"); }
Status refused() { return fail(ErrorCode::InvalidInput, "never"); }

struct Reporting {
  boost::asio::io_context io{};
  testing::FakeClock clock{};
  testing::FakeControlPlane plane{};
  Bell link_back{};
  double random = 0;
  bool disk_is_full = false;
  Bell disk{};  ///< Rung when it has room again.
  std::vector<ReportOutcome> done{};
  std::optional<StateReporter> reporter{std::in_place,
                                        io.get_executor(),
                                        plane,
                                        clock,
                                        link_back,
                                        [this](ReportOutcome outcome) {
                                          done.push_back(std::move(outcome));
                                          return on_disk();
                                        },
                                        [this] { return random; }};

  boost::asio::awaitable<void> on_disk() {
    if (disk_is_full) co_await disk.wait(disk.rings());
  }
  void poll() {
    io.restart();
    io.poll();
  }
  std::vector<ReportId> done_ids() const {
    std::vector<ReportId> ids;
    for (const ReportOutcome& outcome : done) {
      ids.insert(ids.end(), outcome.ids.begin(), outcome.ids.end());
    }
    return ids;
  }
};

using Ids = std::vector<ReportId>;

}  // namespace

TEST_CASE("reports of a task go out in order, each once accepted", "[component][control]") {
  Reporting r;
  r.plane.hold(TaskArn("a"));
  r.reporter->enqueue(1, change("a", ReportedStatus::Running));
  r.reporter->enqueue(2, change("a", ReportedStatus::Stopped, "end"));
  r.poll();
  CHECK(r.plane.submitted().size() == 1);
  CHECK(r.done.empty());
  CHECK(r.reporter->pending() == 2);
  r.plane.release(TaskArn("a"));
  r.poll();
  CHECK(r.plane.submitted() ==
        std::vector<TaskChange>{change("a", ReportedStatus::Running),
                                change("a", ReportedStatus::Stopped, "end")});
  CHECK(r.done_ids() == Ids{1, 2});
  CHECK(r.done[0].status == ReportedStatus::Running);
  CHECK(r.done[0].accepted);
  CHECK(r.done[1].status == ReportedStatus::Stopped);
  CHECK(r.reporter->pending() == 0);
}

TEST_CASE("a failed report is repeated, ever more slowly, and nothing overtakes it",
          "[component][control]") {
  Reporting r;
  r.plane.answer(TaskArn("a"), {unavailable(), unavailable(), unavailable()});
  r.reporter->enqueue(1, change("a", ReportedStatus::Running));
  r.reporter->enqueue(2, change("a", ReportedStatus::Stopped));
  r.poll();
  CHECK(r.plane.submitted().size() == 1);
  r.clock.advance(r.io, 999ms);
  CHECK(r.plane.submitted().size() == 1);
  r.clock.advance(r.io, 1ms);
  CHECK(r.plane.submitted().size() == 2);
  r.random = 0.5;  // 1.3 x 1.3 s and half of the jitter's 20 %
  r.clock.advance(r.io, 1300ms);
  CHECK(r.plane.submitted().size() == 3);
  CHECK(r.done.empty());
  r.clock.advance(r.io, 1858ms);
  CHECK(r.plane.submitted().size() == 3);
  r.clock.advance(r.io, 1ms);
  CHECK(r.done_ids() == Ids{1, 2});
  CHECK(r.plane.submitted()[3].status == ReportedStatus::Running);
  CHECK(r.plane.submitted()[4].status == ReportedStatus::Stopped);
}

TEST_CASE("repeating never stops and never waits more than 36 s", "[component][control]") {
  Reporting r;
  r.random = 1;
  r.plane.answer(TaskArn("a"), std::vector<Status>(5000, unavailable()));
  r.reporter->enqueue(1, change("a", ReportedStatus::Stopped));
  r.poll();
  r.clock.advance(r.io, 1h);
  const auto before = r.plane.submitted().size();
  r.clock.advance(r.io, 24h);
  CHECK(r.plane.submitted().size() - before == 24 * 100);
}

TEST_CASE("a report that waits goes at once when the link is back", "[component][control]") {
  Reporting r;
  r.plane.answer(TaskArn("a"), std::vector<Status>(20, unavailable()));
  r.plane.answer(TaskArn("b"), {unavailable()});
  r.reporter->enqueue(1, change("a", ReportedStatus::Stopped));
  r.poll();
  r.clock.advance(r.io, 2min);
  r.reporter->enqueue(2, change("b", ReportedStatus::Stopped));
  r.poll();
  const auto before = r.plane.submitted_for(TaskArn("a")).size();
  r.link_back.ring();
  r.poll();
  CHECK(r.done_ids() == Ids{2});
  CHECK(r.plane.submitted_for(TaskArn("a")).size() == before + 1);
  // It failed again, but as the first time: the link that was away is another one now.
  r.clock.advance(r.io, 1s);
  CHECK(r.plane.submitted_for(TaskArn("a")).size() == before + 2);
}

TEST_CASE("the link's return is not missed while a call still fails", "[component][control]") {
  Reporting r;
  r.plane.answer(TaskArn("a"), {unavailable()});
  r.plane.hold(TaskArn("a"));
  r.reporter->enqueue(1, change("a", ReportedStatus::Stopped));
  r.poll();
  r.link_back.ring();
  r.poll();
  CHECK(r.done.empty());
  r.plane.release(TaskArn("a"));
  r.poll();
  CHECK(r.done_ids() == Ids{1});
}

TEST_CASE("an accepted report starts the back-off over", "[component][control]") {
  Reporting r;
  r.plane.answer(TaskArn("a"), {unavailable(), unavailable(), Status{}, unavailable()});
  r.reporter->enqueue(1, change("a", ReportedStatus::Running));
  r.reporter->enqueue(2, change("a", ReportedStatus::Stopped));
  r.poll();
  r.clock.advance(r.io, 2300ms);
  CHECK(r.done_ids() == Ids{1});
  r.clock.advance(r.io, 1s);
  CHECK(r.done_ids() == Ids{1, 2});
}

TEST_CASE("a refused report is dropped and the next one goes", "[component][control]") {
  Reporting r;
  r.plane.answer(TaskArn("a"), {refused()});
  r.reporter->enqueue(1, change("a", ReportedStatus::Running));
  r.reporter->enqueue(2, change("a", ReportedStatus::Stopped));
  r.poll();
  CHECK(r.done_ids() == Ids{1, 2});
  CHECK_FALSE(r.done[0].accepted);
  CHECK(r.done[1].accepted);
}

TEST_CASE("one task's trouble does not hold up another's reports", "[component][control]") {
  Reporting r;
  r.plane.hold(TaskArn("slow"));
  r.plane.answer(TaskArn("failing"), std::vector<Status>(10, unavailable()));
  r.reporter->enqueue(1, change("slow", ReportedStatus::Stopped));
  r.reporter->enqueue(2, change("failing", ReportedStatus::Stopped));
  r.reporter->enqueue(3, change("good", ReportedStatus::Stopped));
  r.poll();
  CHECK(r.done_ids() == Ids{3});
}

TEST_CASE("at most four calls run at a time, and a waiting failure takes none of them",
          "[component][control]") {
  Reporting r;
  r.plane.answer(TaskArn("failing"), {unavailable()});
  r.reporter->enqueue(100, change("failing", ReportedStatus::Stopped));
  r.poll();
  for (int i = 0; i < 30; ++i) {
    const std::string task = "t" + std::to_string(i);
    r.plane.hold(TaskArn(task));
    r.reporter->enqueue(i, change(task, ReportedStatus::Stopped));
  }
  r.poll();
  CHECK(r.plane.running() == 4);
  for (int i = 0; i < 30; ++i) {
    r.plane.release(TaskArn("t" + std::to_string(i)));
    r.poll();
  }
  CHECK(r.plane.most_running() == 4);
  CHECK(r.done.size() == 30);
}

TEST_CASE("what is joined in a long queue is done together", "[component][control]") {
  Reporting r;
  r.plane.hold(TaskArn("a"));
  for (ReportId id = 1; id <= 150; ++id) {
    r.reporter->enqueue(id,
                        change("a", id == 150 ? ReportedStatus::Stopped : ReportedStatus::Running));
  }
  CHECK(r.reporter->pending() == 150);
  r.poll();
  r.plane.release(TaskArn("a"));
  r.poll();
  CHECK(r.plane.submitted().size() == 100);
  CHECK(r.done.size() == 100);
  REQUIRE(r.done_ids().size() == 150);
  for (std::size_t i = 0; i < 150; ++i) CHECK(r.done_ids()[i] == static_cast<ReportId>(i + 1));
  CHECK(r.done.back().status == ReportedStatus::Stopped);
}

TEST_CASE("a completion may report more", "[component][control]") {
  boost::asio::io_context io;
  testing::FakeClock clock;
  testing::FakeControlPlane plane;
  Ids done;
  StateReporter* self = nullptr;
  Bell link_back;
  StateReporter reporter(io.get_executor(), plane, clock, link_back,
                         [&](ReportOutcome outcome) -> boost::asio::awaitable<void> {
                           const ReportId id = outcome.ids.at(0);
                           done.push_back(id);
                           if (id < 3) self->enqueue(id + 1, change("a", ReportedStatus::Stopped));
                           co_return;
                         });
  self = &reporter;
  reporter.enqueue(1, change("a", ReportedStatus::Running));
  io.poll();
  CHECK(done == Ids{1, 2, 3});
}

TEST_CASE("the next report of a task waits until the end of the one before is on disk",
          "[component][control]") {
  Reporting r;
  r.disk_is_full = true;
  r.reporter->enqueue(1, change("a", ReportedStatus::Running));
  r.reporter->enqueue(2, change("a", ReportedStatus::Stopped));
  r.reporter->enqueue(3, change("b", ReportedStatus::Running));
  r.poll();
  CHECK(r.plane.submitted().size() == 2);
  CHECK(r.done_ids() == Ids{1, 3});
  CHECK(r.reporter->pending() == 3);
  r.disk_is_full = false;
  r.disk.ring();
  r.poll();
  CHECK(r.plane.submitted().back() == change("a", ReportedStatus::Stopped));
  CHECK(r.done_ids() == Ids{1, 3, 2});
  CHECK(r.reporter->pending() == 0);
}

TEST_CASE("a reporter that is gone neither sends nor tells", "[component][control]") {
  Reporting r;
  r.plane.hold(TaskArn("a"));
  r.plane.answer(TaskArn("b"), {unavailable()});
  r.reporter->enqueue(1, change("a", ReportedStatus::Stopped));
  r.reporter->enqueue(2, change("b", ReportedStatus::Stopped));
  r.poll();
  r.reporter.reset();
  r.plane.release(TaskArn("a"));
  r.poll();
  r.clock.advance(r.io, 1min);
  CHECK(r.plane.submitted().size() == 2);
  CHECK(r.done.empty());
}

}  // namespace longshore::control
