// Tasks whose shared volume is not as they say: refused when they are handed over.
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {

using namespace longshore::testing;
using namespace std::chrono_literals;
using News = std::vector<std::string>;

namespace {

control::PayloadTask with_shared(const std::string& id, bool autoprovision) {
  auto task = Host::payload(id, {test::container("web")});
  task.spec.volumes = {
      {.name = "data", .scope = core::VolumeScope::Shared, .autoprovision = autoprovision}};
  return task;
}

/// Hands `task` over, which is refused: so without containers.
void check_refused(Host& host, const control::PayloadTask& task, const std::string& cause) {
  const TaskArn& arn = task.spec.arn;
  REQUIRE(host.accept({task}));
  CHECK(host.news() == News{std::string(task_id(arn)) + " STOPPED"});
  CHECK(host.sent.back().change.reason ==
        "resource cannot be initialized for task " + arn.str() + ": " + cause);
}

}  // namespace

TEST_CASE("a shared volume that has to be there and is not is named as the official agent does",
          "[component][engine]") {
  Host host;
  check_refused(
      host, with_shared("one", false),
      "initialize volume: volume detection failed, volume 'data' does not exist and "
      "autoprovision is set to false: Error response from daemon: get data: no such volume");
  CHECK(host.engine().tasks().all().empty());
}

TEST_CASE("a shared volume of other labels or options cannot be used", "[component][engine]") {
  Host host;
  host.settings.match_shared_volumes = true;
  host.restart();
  host.runtime.volumes["data"] = {
      .name = "data", .driver = "local", .labels = {{"team", "b"}, {"at", "x"}}};
  check_refused(
      host, with_shared("one", true),
      "intialize volume: non-autoprovisioned volume does not match existing volume labels: "
      "existing: map[at:x team:b], expected: map[]");

  host.runtime.volumes["data"] = {.name = "data", .driver = "local"};
  auto optioned = with_shared("two", true);
  optioned.spec.volumes[0].driver_options = {{"type", "tmpfs"}};
  check_refused(host, optioned,
                "initialize volume: non-autoprovisioned volume does not match existing volume "
                "options: existing: map[], expected: map[type:tmpfs]");

  // What the task may not make is its operator's business.
  auto used_as_it_is = with_shared("three", false);
  used_as_it_is.spec.volumes[0].labels = {{"team", "c"}};
  REQUIRE(host.accept({used_as_it_is}));
  CHECK(host.news() == News{"three PENDING web:PENDING", "three RUNNING web:RUNNING"});
}

TEST_CASE("a task that only comes to be stopped is not refused for its volume",
          "[component][engine]") {
  Host host;
  auto task = with_shared("one", false);
  task.stop = true;
  REQUIRE(host.accept({task}));
  CHECK(host.news() == News{"one STOPPED web:STOPPED"});
  CHECK(host.sent.back().change.reason.empty());
}

TEST_CASE("an engine that does not tell of a volume holds up a payload for 2 s at most",
          "[component][engine]") {
  Host host;
  host.runtime.hold("inspect_volume", "data");
  std::optional<Status> answer;
  std::vector<control::PayloadTask> tasks{with_shared("one", false), with_shared("two", false)};
  boost::asio::co_spawn(host.io(), host.engine().on_tasks(std::move(tasks), {}),
                        [&](const std::exception_ptr&, Status s) { answer = std::move(s); });
  host.advance(1s);
  CHECK_FALSE(answer);
  host.advance(1s);
  REQUIRE(answer);
  CHECK(*answer);
  CHECK(host.engine().tasks().all().size() == 2);
}

TEST_CASE("a shared volume that is gone when it is the task's turn is told then",
          "[component][engine]") {
  Host host;
  host.runtime.volumes["data"] = {.name = "data", .driver = "local"};
  auto first = Host::payload("first", {test::container("big")});
  first.spec.containers[0].cpu_units = host.settings.host.cpu_units;
  REQUIRE(host.accept({first}));
  auto late = with_shared("late", false);
  late.spec.containers[0].cpu_units = host.settings.host.cpu_units;
  REQUIRE(host.accept({late}));
  host.news();
  host.runtime.volumes.clear();
  host.end_process("first", 0);
  CHECK(host.news() == News{"first STOPPED big:STOPPED=0", "late PENDING web:PENDING",
                            "late STOPPED web:STOPPED"});
}

}  // namespace longshore::engine
