#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using testing::Host;
using News = std::vector<std::string>;

core::ContainerSpec publishing(core::PortMapping mapping) {
  core::ContainerSpec web = test::container("web");
  web.ports = {std::move(mapping)};
  return web;
}

const core::PortMapping kAnyPort{.container_port = 80};

/// A host that may give tasks these ports alone; they lie above what the kernel gives to others.
struct SmallHost : Host {
  SmallHost(std::uint16_t first, std::uint16_t last) {
    settings.dynamic_ports = HostPortRange{first, last};
    restart();
  }
};

}  // namespace

TEST_CASE("a port is one container's from its request until it has stopped",
          "[component][engine]") {
  SmallHost host(61310, 61310);
  host.runtime.hold("start");
  REQUIRE(host.accept({host.payload("one", {publishing(kAnyPort)})}));
  REQUIRE(host.on_engine("one"));
  REQUIRE_FALSE(host.on_engine("one")->alive);
  REQUIRE(host.accept({host.payload("two", {publishing(kAnyPort)})}));
  CHECK(host.container("two").reason ==
        "HostConfigError: error retrieving docker port map: a host port is unavailable");

  host.runtime.release("start");
  host.poll();
  host.end_process("one", 0);
  host.news();
  REQUIRE(host.accept({host.payload("three", {publishing(kAnyPort)})}));
  CHECK(host.news() == News{"three PENDING web:PENDING", "three RUNNING web:RUNNING"});
  CHECK(host.on_engine("three")->ports.at(0).host_port == 61310);
}

TEST_CASE("a container whose picked port was taken meanwhile is made anew with another",
          "[component][engine]") {
  SmallHost host(61310, 61319);
  const Error taken{ErrorCode::Internal, "listen tcp4 0.0.0.0:61310: bind: address already in use"};
  host.runtime.fail_next("start", taken);
  SECTION("and nobody hears of it") {
    REQUIRE(host.accept({host.payload("one", {publishing(kAnyPort)})}));
    CHECK(host.news() == News{"one PENDING web:PENDING", "one RUNNING web:RUNNING"});
    CHECK(host.on_engine("one")->ports.at(0).host_port == 61311);
    CHECK(host.container("one").network_bindings.at(0).host_port == 61311);
    CHECK(host.runtime.count("remove") == 1);
    CHECK(host.runtime.count("create") == 2);
  }
  SECTION("also over a crash") {
    host.runtime.hold("remove");
    REQUIRE(host.accept({host.payload("one", {publishing(kAnyPort)})}));
    host.runtime.release("remove");
    host.restart();
    CHECK(host.on_engine("one")->alive);
    CHECK(testing::run_on(host.io(), host.runtime.list("com.amazonaws.ecs.task-arn", ""))->size() ==
          1);
  }
  SECTION("but not one that names its port") {
    REQUIRE(host.accept(
        {host.payload("one", {publishing({.container_port = 80, .host_port = 61310})})}));
    CHECK(host.container("one").reason ==
          "CannotStartContainerError: listen tcp4 0.0.0.0:61310: bind: address already in use");
  }
}

TEST_CASE("a range of ports is asked for in a row and reported as one", "[component][engine]") {
  SmallHost host(61320, 61329);
  REQUIRE(host.accept(
      {host.payload("one", {publishing({.container_port = 9000, .container_port_last = 9004})})}));
  REQUIRE(host.on_engine("one"));
  REQUIRE(host.on_engine("one")->ports.size() == 5);
  CHECK(host.on_engine("one")->ports[4] ==
        runtime::PortBinding{.container_port = 9004, .host_port = 61324});
  const core::NetworkBinding expected{.container_port = 9000,
                                      .host_port = 61320,
                                      .container_port_last = 9004,
                                      .host_port_last = 61324};
  REQUIRE(host.sent.size() == 2);
  CHECK(host.sent[1].change.containers.at(0).network_bindings ==
        std::vector<core::NetworkBinding>{expected});

  host.restart();
  host.end_process("one", 0);
  CHECK(host.sent.back().change.containers.at(0).network_bindings ==
        std::vector<core::NetworkBinding>{expected});
}

TEST_CASE("a health check that is asked for and not described is the client's mistake",
          "[component][engine]") {
  Host host;
  core::ContainerSpec web = test::container("web");
  web.has_health_check = true;
  REQUIRE(host.accept({host.payload("one", {web})}));
  CHECK(host.container("one").reason ==
        "DockerClientConfigError: docker health check is nil while container health check type is "
        "DOCKER");
  CHECK_FALSE(host.container("one").exit_code);
  CHECK(host.runtime.count("create") == 0);
}

TEST_CASE("a container with a flaw ends when it was to be created, also over a crash",
          "[component][engine]") {
  Host host;
  core::ContainerSpec side = test::container("side", false);
  side.flaw = core::Flaw{"HostConfigError", "Invalid volume referenced: gone"};
  host.runtime.hold("inspect_image");
  REQUIRE(host.accept({host.payload("one", {test::container("web"), side})}));
  CHECK(host.pulled.size() == 2);
  host.runtime.release("inspect_image");
  host.restart();
  CHECK(host.container("one", 1).reason == "HostConfigError: Invalid volume referenced: gone");
  CHECK_FALSE(host.container("one", 1).exit_code);
  CHECK(host.on_engine("one", 1) == nullptr);
  REQUIRE(host.on_engine("one"));
  CHECK(host.on_engine("one")->alive);
  REQUIRE_FALSE(host.sent.empty());
  CHECK(host.sent.back().change.status == core::ReportedStatus::Running);
  CHECK(host.sent.back().change.reason.empty());
}

TEST_CASE("an essential container with a flaw ends its task without a word of the task's own",
          "[component][engine]") {
  Host host;
  core::ContainerSpec web = test::container("web");
  web.flaw = core::Flaw{"DockerClientConfigError", "Unable decode given docker config: no"};
  REQUIRE(host.accept({host.payload("one", {web})}));
  CHECK(host.news() == News{"one PENDING web:PENDING", "one STOPPED web:STOPPED"});
  CHECK(host.sent.back().change.reason.empty());
  CHECK(host.sent.back().change.containers.at(0).reason ==
        "DockerClientConfigError: Unable decode given docker config: no");
}

TEST_CASE("a volume that the engine does not make ends its task, in the engine's words",
          "[component][engine]") {
  Host host;
  host.runtime.fail_next("create_volume", {ErrorCode::NotFound, "no such plugin"});
  auto task = host.payload("one", {test::container("web")});
  task.spec.volumes = {{.name = "data"}};
  REQUIRE(host.accept({task}));
  CHECK(host.sent.back().change.reason == "no such plugin");
}

}  // namespace longshore::engine
