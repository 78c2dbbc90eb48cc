#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using testing::Host;
using testing::run_on;

control::RoleCredentials keys(const std::string& id) {
  return {.credentials_id = id,
          .access_key_id = "AKIA" + id,
          .secret_access_key = Secret("secret"),
          .session_token = Secret("token")};
}

/// A task whose image lies behind its execution role.
control::PayloadTask behind_role(const std::string& id) {
  auto container = test::container("web");
  container.ecr_auth = core::EcrAuth{.registry_id = "1", .use_execution_role = true};
  auto task = Host::payload(id, {container});
  task.spec.execution_role_credentials_id = "role-" + id;
  return task;
}

TEST_CASE("an image behind a role waits for the role's keys", "[component][engine]") {
  Host host;
  SECTION("which come later") {
    REQUIRE(host.accept({behind_role("one")}));
    CHECK(host.resolved.empty());
    CHECK(host.pulled.empty());
    REQUIRE(host.engine().on_credentials(Host::arn("one"), control::RoleType::TaskApplication,
                                         keys("other")));
    host.poll();
    CHECK(host.resolved.empty());
    REQUIRE(host.engine().on_credentials(Host::arn("one"), control::RoleType::TaskExecution,
                                         keys("role-one")));
  }
  SECTION("which come along") {
    auto task = behind_role("one");
    task.execution_role = keys("role-one");
    REQUIRE(host.accept({task}));
  }
  SECTION("which come along with the task sent again") {
    REQUIRE(host.accept({behind_role("one")}));
    auto again = behind_role("one");
    again.execution_role = keys("role-one");
    REQUIRE(host.accept({again}));
  }
  host.poll();
  REQUIRE(host.pulled.size() == 1);
  REQUIRE(host.pulled[0].keys);
  CHECK(host.pulled[0].keys->access_key_id == "AKIArole-one");
  CHECK(host.pulled[0].digest == "sha256:resolved");
  CHECK(host.on_engine("one")->alive);
}

TEST_CASE("images are pulled before their containers' turn where the settings say so",
          "[component][engine]") {
  Host host;
  const auto init = test::container("init", false);
  const auto app = test::container_after("app", "init", core::DependencyCondition::Success);
  host.settings.pull_upfront = GENERATE(true, false);
  host.restart();
  REQUIRE(host.accept({host.payload("one", {app, init})}));
  CHECK(host.pulled.size() == (host.settings.pull_upfront ? 2 : 1));
  host.settings.pull_upfront = true;  // As the tasks that were there before see it, too.
  host.restart();
  CHECK(host.pulled.size() == 2);
  host.end_process("one", 0, 1);
  CHECK(host.on_engine("one", 0)->alive);
}

TEST_CASE("an image that needs no role is given no keys", "[component][engine]") {
  Host host;
  auto task = Host::payload("one", {test::container("web")});
  task.spec.execution_role_credentials_id = "role-one";
  task.execution_role = keys("role-one");
  REQUIRE(host.accept({task}));
  REQUIRE(host.pulled.size() == 1);
  CHECK_FALSE(host.pulled[0].keys);
}

TEST_CASE("keys for a task that is not here are refused", "[component][engine]") {
  Host host;
  const Status refused = host.engine().on_credentials(Host::arn("stranger"),
                                                      control::RoleType::TaskExecution, keys("k"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::NotFound);
}

TEST_CASE("the manifest counter only rises, and outlives the agent when asked to",
          "[component][engine]") {
  Host host;
  const auto set = [&](std::int64_t value, bool durable) {
    return run_on(host.io(), host.engine().set_manifest_counter(value, durable));
  };
  REQUIRE(set(5, true));
  CHECK(host.engine().manifest_counter() == 5);
  REQUIRE(set(9, false));
  REQUIRE(set(3, false));
  CHECK(host.engine().manifest_counter() == 9);
  host.restart();
  CHECK(host.engine().manifest_counter() == 5);

  host.store.broken = Error{ErrorCode::Unavailable, "disk full"};
  CHECK_FALSE(set(12, true));
}

TEST_CASE("metadata outlives the agent", "[component][engine]") {
  Host host;
  CHECK(host.engine().metadata("key").empty());
  REQUIRE(run_on(host.io(), host.engine().set_metadata("key", "value")));
  host.restart();
  CHECK(host.engine().metadata("key") == "value");
}

TEST_CASE("tasks that the manifest does not want running may be stopped", "[component][engine]") {
  Host host;
  REQUIRE(host.accept({Host::payload("wanted", {test::container("web")}),
                       Host::payload("unwanted", {test::container("web")}),
                       Host::payload("absent", {test::container("web")}),
                       Host::payload("stopping", {test::container("web")})}));
  REQUIRE(host.accept({Host::stop_of("stopping")}));
  const auto candidates = host.engine().stop_candidates(
      {{Host::arn("wanted"), true}, {Host::arn("unwanted"), false}, {Host::arn("stranger"), true}});
  CHECK(candidates == std::vector<TaskArn>{Host::arn("absent"), Host::arn("unwanted")});
  CHECK(host.on_engine("absent")->alive);

  host.engine().on_stop_verified({Host::arn("absent"), Host::arn("stranger")});
  host.poll();
  CHECK_FALSE(host.on_engine("absent")->alive);
  CHECK(host.on_engine("unwanted")->alive);
}

TEST_CASE("a heartbeat is passed on", "[component][engine]") {
  Host host;
  host.engine().on_heartbeat();
  int heard = 0;
  host.engine().heartbeat = [&] { ++heard; };
  host.engine().on_heartbeat();
  CHECK(heard == 1);
}

TEST_CASE("a task that runs is not reported STOPPED because a later copy cannot be read",
          "[component][engine]") {
  Host host;
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.news();
  REQUIRE(host.accept({}, {{.arn = Host::arn("one"), .reason = "UnrecogniedTaskError: no"}}));
  CHECK(host.news().empty());
  CHECK(host.on_engine("one")->alive);
}

}  // namespace
}  // namespace longshore::engine
