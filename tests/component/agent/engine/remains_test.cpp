#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include "agent/engine/container_request.hpp"
#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

const News kGone{"one STOPPED web:STOPPED"};

/// A task whose container the kernel shows alive, whatever the engine says.
struct Living : testing::RunningTask {
  Living() {
    limiter.containers["one"][id] = true;
    main_processes[id] = MainProcess::Lives;
  }
  bool lives() { return limiter.containers["one"][id]; }
};

TEST_CASE("what the engine has lost is ended before it is told", "[component][engine]") {
  Living host;
  host.limiter.fail_next("kill", {ErrorCode::Timeout, "in the kernel"});
  SECTION("an event says so") { host.runtime.vanish(host.id); }
  SECTION("a list shows so") {
    host.runtime.lose_events = true;
    host.runtime.vanish(host.id);
    host.advance(30s);
  }
  SECTION("a stop finds so") {
    host.runtime.lose_events = true;
    host.runtime.vanish(host.id);
    REQUIRE(host.accept({Host::stop_of("one")}));
  }
  host.poll();
  CHECK(host.lives());
  CHECK(host.news().empty());
  host.advance(2s);
  CHECK_FALSE(host.lives());
  CHECK(host.news() == kGone);
  CHECK(host.limiter.count("kill") == 2);
}

TEST_CASE("what an engine began to start and does not show is ended before STOPPED is told",
          "[component][engine]") {
  Host host;
  const bool stopped = GENERATE(false, true);
  CAPTURE(stopped);
  host.runtime.hold("start");
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  const ContainerId id = host.container("one").runtime_id;
  host.news();
  host.finish_reports();
  host.poll();
  host.limiter.containers["one"][id] = true;
  // An engine that was killed, and is back, shows the container as it was before the start.
  if (stopped) {
    REQUIRE(host.accept({Host::stop_of("one")}));
    host.restart();
    host.poll();
  } else {
    host.runtime.fail_next("start", {ErrorCode::Internal, "task x: already exists"});
    host.runtime.release("start");
    host.poll();
    CHECK(host.sent.back().change.containers.at(0).reason ==
          "CannotStartContainerError: task x: already exists");
  }
  CHECK_FALSE(host.limiter.containers["one"][id]);
  CHECK(host.limiter.count("kill") == 1);
  CHECK(host.news() == kGone);
}

TEST_CASE("a host whose groups cannot be killed is not waited for where nothing is known to live",
          "[component][engine]") {
  Living host;
  host.limiter.fail_next("kill", {ErrorCode::Unavailable, "an old kernel"});
  SECTION("nothing") {
    host.main_processes.clear();
    host.runtime.vanish(host.id);
    host.poll();
    CHECK(host.news() == kGone);
  }
  SECTION("something") {
    host.runtime.vanish(host.id);
    host.poll();
    CHECK(host.news().empty());
  }
  SECTION("the end of its main process was seen") {
    host.main_processes[host.id] = MainProcess::Ended;
    host.runtime.vanish(host.id);
    host.poll();
    CHECK(host.limiter.count("kill") == 1);
    CHECK(host.news() == kGone);
  }
}

TEST_CASE("a process that the kernel shows is not given up because its group is not found",
          "[component][engine]") {
  Living host;
  host.limiter.containers.clear();
  host.runtime.vanish(host.id);
  host.poll();
  CHECK(host.news().empty());
  host.main_processes[host.id] = MainProcess::Ended;
  host.advance(2s);
  CHECK(host.news() == kGone);
}

TEST_CASE("what is being stopped again is left to its own time", "[component][engine]") {
  testing::RunningTask host;
  host.end_process("one", 0);
  host.runtime.hold("stop");
  host.limiter.containers["one"][host.id] = true;
  boost::asio::co_spawn(host.io(), host.runtime.start(host.id, ""), [](auto, auto) {});
  host.advance(2min);
  CHECK(host.runtime.count("stop") == 1);
  CHECK(host.limiter.count("kill") == 0);
}

TEST_CASE("what lives on in the groups of a task that is over is killed", "[component][engine]") {
  testing::RunningTask host;
  host.end_process("one", 0);
  host.runtime.lose_events = true;
  host.runtime.vanish(host.id);
  host.limiter.containers["one"][host.id] = true;
  host.advance(29s);
  CHECK(host.limiter.count("kill") == 0);
  host.advance(31s);
  CHECK_FALSE(host.limiter.containers["one"][host.id]);
}

TEST_CASE("news of a container that was made anew under another id changes nothing",
          "[component][engine]") {
  Host host;
  host.settings.dynamic_ports = HostPortRange{.first = 61310, .last = 61319};
  host.restart();
  auto web = test::container("web");
  web.ports = {{.container_port = 80}};
  host.runtime.hold("start");
  REQUIRE(host.accept({host.payload("one", {web})}));
  const ContainerId former = host.container("one").runtime_id;
  host.runtime.fail_next("start", {ErrorCode::Internal, "port is already allocated"});
  host.runtime.release("start");
  host.poll();
  REQUIRE(host.container("one").phase == core::Phase::Running);
  REQUIRE(host.container("one").runtime_id != former);
  host.news();
  for (const auto kind : {runtime::RuntimeEventKind::Died, runtime::RuntimeEventKind::Destroyed}) {
    host.runtime.emit({.kind = kind, .id = former, .exit_code = 1});
    host.advance(1s);
  }
  CHECK(host.news().empty());
  CHECK(host.on_engine("one")->alive);
  CHECK_FALSE(host.engine().tasks().find(former));
}

TEST_CASE("a volume that was made for a task that is over does not stay", "[component][engine]") {
  Host host;
  host.settings.cleanup_wait = 1s;
  host.restart();
  auto task = Host::payload("one", {test::container("web")});
  task.spec.volumes = {{.name = "data"}};
  host.runtime.hold("create_volume");
  REQUIRE(host.accept({task}));
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.finish_reports();
  host.advance(10s);
  REQUIRE(host.engine().tasks().all().empty());
  host.runtime.release("create_volume");
  host.poll();
  CHECK(host.runtime.count("create_volume") == 1);
  CHECK(host.runtime.volumes.empty());
  CHECK(host.limiter.groups.empty());
}

TEST_CASE(
    "a container that comes after its task's clean-up goes, with the volume that it brings back",
    "[component][engine]") {
  Host host;
  host.settings.cleanup_wait = 1s;
  host.restart();
  core::ContainerSpec web = test::container("web");
  web.mounts = {{.container_path = "/data", .volume = "data"}};
  auto task = Host::payload("one", {web});
  task.spec.volumes = {{.name = "data"}};
  const bool still_removing = GENERATE(false, true);
  CAPTURE(still_removing);
  if (still_removing) host.runtime.hold("remove_volume");
  host.runtime.hold("create");
  REQUIRE(host.accept({task}));
  const auto made = host.runtime.volumes;
  REQUIRE(made.size() == 1);
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.finish_reports();
  host.advance(10s);
  REQUIRE(host.engine().tasks().all().empty() == !still_removing);
  host.runtime.volumes = made;  // As the engine does for a container that mounts it.
  host.runtime.release("create");
  host.poll();
  if (still_removing) host.runtime.release("remove_volume");
  host.poll();
  CHECK(host.runtime.count("remove") == 1);
  CHECK(host.runtime.volumes.empty());
  CHECK(host.limiter.groups.empty());
}

TEST_CASE("a container that an earlier agent's create call brings into the clean-up goes with it",
          "[component][engine]") {
  Host host;
  host.settings.cleanup_wait = 1s;
  host.restart();
  auto task = Host::payload("one", {test::container("web")});
  task.spec.volumes = {{.name = "data"}};
  REQUIRE(host.accept({task}));
  host.end_process("one", 0);
  host.finish_reports();
  host.runtime.hold("remove_volume");
  host.runtime.fail_next("remove_volume", {ErrorCode::Conflict, "in use"});
  host.advance(2s);
  REQUIRE(host.on_engine("one") == nullptr);
  runtime::ContainerSpec late{.name = "late", .image = "busybox:test"};
  late.labels[kTaskArnLabel] = Host::arn("one").str();
  REQUIRE(testing::run_on(host.io(), host.runtime.create(late)));
  host.runtime.release("remove_volume");
  host.advance(2s);
  CHECK(host.runtime.find("late") == nullptr);
  CHECK(host.engine().tasks().all().empty());
}

}  // namespace
}  // namespace longshore::engine
