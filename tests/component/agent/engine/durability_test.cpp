#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <exception>
#include <optional>

#include "agent/base/spawn.hpp"
#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using testing::run_on;
using News = std::vector<std::string>;

const Error kFull{ErrorCode::Unavailable, "disk full"};

/// Hands over a payload of which the disk has not answered yet.
void hand_over(Host& host, std::optional<Status>& answer, std::vector<control::PayloadTask> tasks) {
  boost::asio::co_spawn(host.io(), host.engine().on_tasks(std::move(tasks), {}),
                        [&](const std::exception_ptr&, Status s) { answer = std::move(s); });
  host.poll();
}

TEST_CASE("a payload that cannot be recorded is not accepted", "[component][engine]") {
  Host host;
  host.store.broken = kFull;
  const Status refused = host.accept({host.payload("one", {test::container("web")})});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Unavailable);
  CHECK(host.engine().tasks().all().empty());
  CHECK(host.runtime.count("create") == 0);
  host.advance(1min);
  CHECK(host.engine().save_error() == kFull.message);  // Although nothing is left to be saved.

  host.store.broken.reset();
  host.advance(10s);
  CHECK(host.engine().save_error().empty());
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(host.on_engine("one")->alive);
}

TEST_CASE("a payload is accepted only once it is on disk, for good", "[component][engine]") {
  Host host;
  const auto saves_before = host.store.saved().size();
  host.store.hold();
  std::optional<Status> answer;
  hand_over(host, answer, {host.payload("one", {test::container("web")})});
  CHECK_FALSE(answer);
  CHECK(host.resolved.empty());
  host.store.release();
  host.poll();
  REQUIRE(answer);
  CHECK(*answer);
  REQUIRE(host.store.saved().size() > saves_before);
  CHECK(host.store.saved()[saves_before].tasks.size() == 1);
  CHECK(host.store.saved()[saves_before].durable);
  CHECK(host.on_engine("one")->alive);
}

TEST_CASE("while nothing can be saved, nothing is started but stops go through",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("old", {test::container("web")})}));
  host.runtime.hold("create");
  REQUIRE(host.accept({host.payload("new", {test::container("web")})}));
  host.news();

  host.store.broken = kFull;
  host.runtime.release("create");
  host.engine().on_stop_verified({Host::arn("old")});
  host.poll();
  CHECK_FALSE(host.on_engine("old")->alive);
  CHECK_FALSE(host.on_engine("new")->alive);
  CHECK(host.runtime.count("start") == 1);
  CHECK(host.news().empty());
  host.advance(20s);
  CHECK_FALSE(host.on_engine("new")->alive);
  CHECK(host.news().empty());

  host.store.broken.reset();
  host.advance(10s);
  CHECK(host.on_engine("new")->alive);
  CHECK(host.news() == News{"old STOPPED web:STOPPED=137", "new RUNNING web:RUNNING"});
}

TEST_CASE("a start that a full disk holds back keeps nobody alive after a stop",
          "[component][engine]") {
  Host host;
  const auto app = test::container_after("app", "db", core::DependencyCondition::Start);
  host.runtime.hold("start");
  REQUIRE(host.accept({host.payload("one", {test::container("db"), app})}));
  host.runtime.hold("create");
  host.runtime.release("start");
  host.poll();
  host.store.broken = kFull;
  host.runtime.release("create");
  host.poll();
  REQUIRE(host.on_engine("one", 0)->alive);
  REQUIRE(host.container("one", 1).phase == core::Phase::Starting);
  host.engine().on_stop_verified({Host::arn("one")});
  host.advance(20s);
  CHECK_FALSE(host.on_engine("one", 0)->alive);
  host.store.broken.reset();
  host.advance(20s);
  CHECK(host.runtime.count("start") == 1);
  CHECK(host.news().back().starts_with("one STOPPED"));
}

TEST_CASE("a refusal on a disk that hangs is told once", "[component][engine]") {
  Host host;
  auto bad = host.payload("bad", {test::container("web")});
  bad.spec.containers[0].depends_on = {{ContainerName("nobody"), {}}};
  host.store.hold();
  std::optional<Status> answer;
  hand_over(host, answer, {bad});
  host.advance(12s);
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  host.store.release();
  host.advance(5s);
  CHECK(host.news().empty());
  REQUIRE(host.accept({bad}));
  CHECK(host.news() == News{"bad STOPPED"});
  host.finish_reports();
  host.restart();
  CHECK(host.news().empty());
}

TEST_CASE("a pull that a full disk held back is not begun after a stop", "[component][engine]") {
  Host host;
  host.settings.task_limits = false;
  host.restart();
  auto task = host.payload("one", {test::container("web")});
  task.spec.volumes = {{.name = "data"}};
  host.runtime.hold("create_volume");
  REQUIRE(host.accept({task}));
  REQUIRE(host.container("one").phase == core::Phase::Resolved);
  host.store.broken = kFull;
  host.runtime.release("create_volume");
  host.poll();
  REQUIRE(host.container("one").phase == core::Phase::Pulling);
  host.engine().on_stop_verified({Host::arn("one")});
  host.poll();
  host.store.broken.reset();
  host.advance(20s);
  CHECK(host.pulled.empty());
}

TEST_CASE("a look-up of an image that a full disk held back is not begun after a stop",
          "[component][engine]") {
  Host host;
  auto web = test::container("web");
  web.ports = {{.container_port = 80, .host_port = 8080}};
  REQUIRE(host.accept({host.payload("holder", {web})}));
  REQUIRE(host.accept({host.payload("waits", {web})}));
  host.store.broken = kFull;
  host.end_process("holder", 0);
  REQUIRE(host.container("waits").phase == core::Phase::Resolving);
  host.engine().on_stop_verified({Host::arn("waits")});
  host.poll();
  host.store.broken.reset();
  host.advance(20s);
  CHECK(host.news().back() == "waits STOPPED web:STOPPED");
  CHECK(host.resolved.size() == 1);
}

TEST_CASE("every action follows the save of the decision behind it", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.store.hold();
  host.end_process("one", 0);
  CHECK(host.container("one").phase == core::Phase::Stopped);
  CHECK(host.news() == News{"one PENDING web:PENDING", "one RUNNING web:RUNNING"});
  host.store.release();
  host.poll();
  CHECK(host.news() == News{"one STOPPED web:STOPPED=0"});
}

TEST_CASE("no later save takes back the stop that an earlier one recorded", "[component][engine]") {
  Host host;
  auto side = test::container("side");
  side.essential = false;
  REQUIRE(host.accept({host.payload("one", {test::container("web"), side})}));
  host.store.hold();
  std::optional<Status> answer;
  const bool stop_first = GENERATE(true, false);
  if (stop_first) hand_over(host, answer, {host.stop_of("one")});
  host.end_process("one", 0, 1);
  if (!stop_first) hand_over(host, answer, {host.stop_of("one")});
  CHECK_FALSE(answer);
  host.store.release();
  host.poll();
  CHECK(answer);
  bool stopped = false;
  for (const store::Changes& saved : host.store.saved()) {
    for (const core::TaskState& task : saved.tasks) {
      CHECK((!stopped || task.stop_requested));
      stopped = stopped || task.stop_requested;
    }
  }
  CHECK(stopped);
}

TEST_CASE("a state is never saved before the reports that were made on the way to it",
          "[component][engine]") {
  Host host;
  host.runtime.hold("start");
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  REQUIRE(host.accept({host.payload("other", {test::container("web")})}));
  host.store.hold();
  std::optional<Status> answer;
  // The first word keeps the disk busy, the start is answered, and then the stop comes.
  host.finish_report(0);
  host.poll();
  host.runtime.release("start");
  host.poll();
  hand_over(host, answer, {host.stop_of("one")});
  host.store.release();
  host.poll();
  CHECK(answer);
  bool reported = false;
  for (const store::Changes& saved : host.store.saved()) {
    for (const core::TaskChange& change : saved.new_reports) {
      reported |= change.task == Host::arn("one") && change.status == core::ReportedStatus::Running;
    }
    for (const core::TaskState& task : saved.tasks) {
      const bool runs =
          task.spec->arn == Host::arn("one") && task.reported >= core::ReportedStatus::Running;
      CHECK((!runs || reported));
    }
  }
  CHECK(reported);
}

TEST_CASE("draining waits for the disk, up to its limit", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  CHECK(run_on(host.io(), host.engine().drain(1s)));
  host.store.hold();
  host.end_process("one", 0);
  std::optional<bool> drained;
  const auto note = [&](const std::exception_ptr&, bool done) { drained = done; };
  boost::asio::co_spawn(host.io(), host.engine().drain(1s), note);
  host.advance(990ms);
  CHECK_FALSE(drained);
  host.advance(20ms);
  CHECK(drained == false);

  drained.reset();
  boost::asio::co_spawn(host.io(), host.engine().drain(1s), note);
  host.store.release();
  host.advance(100ms);
  CHECK(drained == true);
}

TEST_CASE("a report has ended once that is on disk", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  bool ended = false;
  const auto finish = [&]() -> boost::asio::awaitable<void> {
    co_await host.engine().reports_finished({host.sent.at(0).id});
    ended = true;
  };
  SECTION("which it is at once on a disk that works") {
    host.store.hold();
    spawn(host.io().get_executor(), "finish report", finish());
    host.poll();
    CHECK_FALSE(ended);
    host.store.release();
  }
  SECTION("or the disk takes nothing") {
    host.store.broken = kFull;
    spawn(host.io().get_executor(), "finish report", finish());
  }
  host.poll();
  CHECK(ended);
}

TEST_CASE("a disk that hangs keeps nobody from being stopped", "[component][engine]") {
  testing::RunningTask host;
  REQUIRE(host.accept({host.payload("two", {test::container("web")})}));
  host.news();
  host.store.hold();
  std::optional<Status> answer;
  hand_over(host, answer, {host.stop_of("one")});
  host.advance(9s);
  CHECK(host.runtime.count("stop") == 0);
  host.advance(1s);
  CHECK(host.runtime.count("stop") == 1);
  CHECK(host.engine().save_error() == "the disk has not answered for 10 s");
  CHECK(host.news().empty());
  REQUIRE(answer);  // It is not acknowledged, so it comes again.
  CHECK(answer->error().code == ErrorCode::Unavailable);
  std::optional<Status> next;
  hand_over(host, next, {host.stop_of("two"), host.payload("three", {test::container("web")})});
  host.advance(1s);
  CHECK(host.runtime.count("stop") == 2);
  CHECK(next);
  CHECK_FALSE(run_on(host.io(), host.engine().set_manifest_counter(7, true)));

  host.store.release();
  host.poll();
  CHECK(host.engine().save_error().empty());
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137", "two STOPPED web:STOPPED=137"});
  REQUIRE(host.accept({host.stop_of("one"), host.payload("three", {test::container("web")})}));
  CHECK(host.on_engine("three")->alive);
}

/// What somebody wants to be remembered under "key", and what came of it.
void remember(Host& host, std::optional<Status>& answer, std::string value) {
  boost::asio::co_spawn(host.io(), host.engine().set_metadata("key", std::move(value)),
                        [&](const std::exception_ptr&, Status s) { answer = std::move(s); });
  host.poll();
}

TEST_CASE("what is handed over while a save is under way goes into the next one",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  host.store.hold();
  host.end_process("one", 0);
  std::optional<Status> payload;
  std::optional<Status> fact;
  hand_over(host, payload, {host.payload("two", {test::container("web")})});
  remember(host, fact, "value");
  SECTION("which is one for all, and durable") {
    host.store.release();
    host.poll();
    REQUIRE((payload && fact));
    CHECK((*payload && *fact));
    const auto& saved = host.store.saved();
    CHECK(std::count_if(saved.begin(), saved.end(), [](const auto& s) {
            return s.durable && s.metadata.contains("key") && s.tasks.size() == 1;
          }) == 1);
    CHECK(host.engine().metadata("key") == "value");
  }
  SECTION("unless the disk hangs: then nobody waits, and nothing of it is done") {
    host.advance(10s);
    REQUIRE((payload && fact));
    CHECK(payload->error().code == ErrorCode::Unavailable);
    CHECK(fact->error().code == ErrorCode::Unavailable);
    host.store.release();
    host.poll();
    CHECK(host.engine().metadata("key").empty());
    CHECK(host.engine().tasks().find(Host::arn("two")) == nullptr);
  }
}

TEST_CASE("a fact that came to disk after its time is a fact", "[component][engine]") {
  Host host;
  host.store.hold();
  std::optional<Status> fact;
  remember(host, fact, "value");
  host.advance(10s);
  REQUIRE(fact);
  CHECK_FALSE(*fact);
  host.store.release();
  host.poll();
  CHECK(host.store.contents().metadata.at("key") == "value");
  CHECK(host.engine().metadata("key") == "value");
}

TEST_CASE("a new fact wins over the old one that is written with it", "[component][engine]") {
  Host host;
  REQUIRE(run_on(host.io(), host.engine().set_metadata("key", "old")));
  host.store.broken = kFull;
  REQUIRE_FALSE(run_on(host.io(), host.engine().set_metadata("key", "lost")));
  CHECK(host.engine().metadata("key") == "old");
  host.store.broken.reset();
  REQUIRE(run_on(host.io(), host.engine().set_metadata("key", "new")));
  CHECK(host.store.contents().metadata.at("key") == "new");
}

TEST_CASE("no task is taken while too many reports wait, but every stop is",
          "[component][engine]") {
  Host host;
  host.settings.max_open_reports = 3;
  host.restart();
  REQUIRE(host.accept({host.payload("one", {test::container("web")})}));
  REQUIRE(host.sent.size() == 2);
  const control::BadTask bad{.arn = Host::arn("bad"), .reason = "bad"};
  const Status full =
      host.accept({host.payload("two", {test::container("web")}), host.stop_of("one")}, {bad, bad});
  REQUIRE_FALSE(full);
  CHECK(full.error().code == ErrorCode::Unavailable);
  CHECK(full.error().message ==
        "2 tasks are not taken: 3 reports wait for the control plane, and 3 is the most");
  CHECK(host.engine().tasks().find(Host::arn("two")) == nullptr);
  CHECK_FALSE(host.on_engine("one")->alive);
  host.finish_reports();
  CHECK(host.accept({host.payload("two", {test::container("web")})}));
  CHECK(host.on_engine("two")->alive);
}

}  // namespace
}  // namespace longshore::engine
