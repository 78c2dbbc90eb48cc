// What a start waits for, and for how long.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "agent/engine/container_request.hpp"
#include "tests/component/agent/engine/slow_start.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using testing::HostThatForgot;
using testing::run_on;
using testing::SlowStart;

TEST_CASE("nothing begins before the container engine has shown what there is",
          "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.forget();
  host.runtime.fail_next("list", {ErrorCode::Unavailable, "no engine"});
  SlowStart agent(host);
  CHECK_FALSE(agent.loaded);
  agent.advance(2s);
  REQUIRE(agent.loaded);
  CHECK(*agent.loaded);
  CHECK(agent.engine.tasks().all().size() == 1);
}

TEST_CASE("an engine that hangs over its list keeps the start for a while only",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")}),
                       Host::payload("two", {test::container("web")})}));
  host.kill();
  host.store.forget(Host::arn("two"));
  host.runtime.hold("list");
  SlowStart agent(host);
  agent.advance(9s);
  CHECK_FALSE(agent.loaded);
  agent.advance(1s);
  REQUIRE(agent.loaded);
  agent.engine.start();
  CHECK_FALSE(agent.accept(Host::payload("two", {test::container("web")})));
  CHECK(agent.engine.tasks().all().size() == 1);
  host.runtime.release("list");
  agent.advance(1s);
  CHECK(agent.engine.tasks().all().size() == 2);
  CHECK_FALSE(agent.engine.looks_for_lost_tasks());
}

TEST_CASE("an engine that is stuck over one lost container holds up its task alone",
          "[component][engine]") {
  HostThatForgot host;
  REQUIRE(host.accept({Host::payload("stuck", {test::container("a"), test::container("b")}),
                       Host::payload("sound", {test::container("web")})}));
  const std::string id = host.container("stuck", 1).runtime_id.str();
  host.forget();
  host.runtime.hold("inspect", id);
  SlowStart agent(host);
  agent.advance(6s);
  REQUIRE(agent.loaded);
  agent.engine.start();
  CHECK(agent.engine.tasks().find(Host::arn("sound")));
  CHECK_FALSE(agent.engine.tasks().find(Host::arn("stuck")));
  // Of this one nobody may think that it is new, nor take what is seen of it for an orphan.
  CHECK(agent.engine.looks_for_lost_tasks());
  const auto refused =
      agent.accept(Host::payload("stuck", {test::container("a"), test::container("b")}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Unavailable);
  CHECK(agent.accept(Host::payload("new", {test::container("web")})));
  CHECK(host.runtime.count("create") == 4);

  // Nor is the look for that one task a look for others, which are orphans by now.
  runtime::ContainerSpec orphan{.name = "orphan", .image = "busybox:test"};
  orphan.labels = {{kTaskArnLabel, Host::arn("orphan").str()},
                   {kClusterLabel, host.settings.cluster},
                   {kContainerNameLabel, "web"},
                   {kFamilyLabel, "family"},
                   {kVersionLabel, "3"}};
  REQUIRE(run_on(agent.io, host.runtime.create(orphan)));
  host.runtime.release("inspect", id);
  agent.advance(20s);
  const core::TaskState* stuck = agent.engine.tasks().find(Host::arn("stuck"));
  REQUIRE(stuck != nullptr);
  CHECK(stuck->containers.size() == 2);
  CHECK_FALSE(agent.engine.looks_for_lost_tasks());
  CHECK_FALSE(agent.engine.tasks().find(Host::arn("orphan")));
  CHECK(host.runtime.count("create") == 5);
}

}  // namespace
}  // namespace longshore::engine
