#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

control::PayloadTask with_port(const std::string& id, std::uint16_t port) {
  auto web = test::container("web");
  web.ports.push_back({.container_port = 80, .host_port = port});
  return Host::payload(id, {web});
}

TEST_CASE("a task waits for the port that another holds, and starts when that one is gone",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({with_port("one", 8080)}));
  REQUIRE(host.accept({with_port("two", 8080), with_port("three", 8081)}));
  CHECK(host.container("one").phase == core::Phase::Running);
  CHECK(host.container("two").phase == core::Phase::Waiting);
  CHECK(host.container("three").phase == core::Phase::Running);
  CHECK(host.engine().waits_for(Host::arn("two")).has_value());
  CHECK_FALSE(host.engine().waits_for(Host::arn("one")).has_value());
  host.news();

  SECTION("at once") {
    host.end_process("one", 0);
    CHECK(host.container("two").phase == core::Phase::Running);
  }
  SECTION("after a restart of the agent, too") {
    host.restart();
    CHECK(host.container("two").phase == core::Phase::Waiting);
    host.end_process("one", 0);
    CHECK(host.container("two").phase == core::Phase::Running);
  }
  SECTION("or is stopped while it waits") {
    host.news();
    REQUIRE(host.accept({Host::stop_of("two")}));
    CHECK(host.news() == News{"two STOPPED web:STOPPED"});
    CHECK_FALSE(host.engine().waits_for(Host::arn("two")).has_value());
  }
}

TEST_CASE("waiting tasks keep their order over a restart", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({with_port("holder", 8080)}));
  // Names against the order of arrival, which the store does not keep by itself.
  REQUIRE(host.accept({with_port("z", 8080)}));
  REQUIRE(host.accept({with_port("a", 8080)}));
  host.restart();
  host.end_process("holder", 0);
  CHECK(host.container("z").phase == core::Phase::Running);
  CHECK(host.container("a").phase == core::Phase::Waiting);
}

TEST_CASE("room for memory is counted, and freed when the processes are gone",
          "[component][engine]") {
  Host host;
  auto big = test::container("web");
  big.memory_mib = 3000;
  REQUIRE(host.accept({Host::payload("one", {big}), Host::payload("two", {big})}));
  CHECK(host.container("two").phase == core::Phase::Waiting);
  host.runtime.hold("stop");
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.container("two").phase == core::Phase::Waiting);
  host.runtime.release("stop");
  host.poll();
  CHECK(host.container("two").phase == core::Phase::Running);
}

TEST_CASE("a task that ends by being resumed takes no room", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({with_port("one", 8080)}));
  REQUIRE(host.accept({with_port("two", 8080)}));
  // The wish for its end is on disk, and nothing of what comes of it.
  core::TaskState two = *host.engine().tasks().find(Host::arn("two"));
  two.stop_requested = true;
  REQUIRE(testing::run_on(host.io(), host.store.save({.tasks = {two}, .durable = true})));
  host.restart();
  CHECK(host.container("two").phase == core::Phase::Stopped);
  CHECK_FALSE(host.engine().waits_for(Host::arn("two")).has_value());
}

}  // namespace
}  // namespace longshore::engine
