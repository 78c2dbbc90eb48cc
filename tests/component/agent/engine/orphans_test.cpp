#include <catch2/catch.hpp>

#include "agent/engine/container_request.hpp"
#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;

runtime::ContainerSpec stray(const std::string& cluster) {
  return {.name = "stray-of-" + cluster,
          .image = "busybox:test",
          .labels = {{kTaskArnLabel, Host::arn("unknown").str()},
                     {kContainerNameLabel, "web"},
                     {kClusterLabel, cluster}}};
}

/// A host where a container runs that no task accounts for.
struct HostWithStray : Host {
  explicit HostWithStray(OrphanPolicy policy, const std::string& cluster = "test") {
    settings.orphans = policy;
    restart();
    name = stray(cluster).name;
    const auto id =
        testing::run_on(io(), runtime.create(stray(cluster))).map(&runtime::CreatedContainer::id);
    REQUIRE(id);
    REQUIRE(testing::run_on(io(), runtime.start(*id, "")));
  }
  std::string name{};
};

TEST_CASE("an orphan is kept by default", "[component][engine]") {
  HostWithStray host({});
  host.advance(5min);
  REQUIRE(host.runtime.find(host.name) != nullptr);
  CHECK(host.runtime.find(host.name)->alive);
}

TEST_CASE("an orphan is removed where the policy says so, but not at first sight",
          "[component][engine]") {
  HostWithStray host({.remove = true});
  host.advance(31s);
  CHECK(host.runtime.find(host.name) != nullptr);
  host.advance(60s);
  CHECK(host.runtime.find(host.name) == nullptr);
}

TEST_CASE("a removal that fails is tried again", "[component][engine]") {
  HostWithStray host({.remove = true});
  host.runtime.fail_next("remove", {ErrorCode::Timeout, "busy"});
  host.advance(3min);
  CHECK(host.runtime.find(host.name) == nullptr);
}

TEST_CASE("a dry run removes nothing", "[component][engine]") {
  HostWithStray host({.remove = true, .dry_run = true});
  host.advance(5min);
  REQUIRE(host.runtime.find(host.name) != nullptr);
  CHECK(host.runtime.find(host.name)->alive);
}

TEST_CASE("groups that live without a task are named, empty and known ones are not",
          "[component][engine]") {
  TaskTable tasks;
  auto known = test::task_of({test::container("web")});
  const std::string id(task_id(known.spec->arn));
  tasks.insert(std::move(known));
  CHECK(strange_groups({{"stray", true}, {"left", false}, {id, true}}, tasks) ==
        std::vector<std::string>{"stray"});
}

TEST_CASE("another cluster's containers are another agent's", "[component][engine]") {
  HostWithStray host({.remove = true}, "other");
  host.advance(5min);
  CHECK(host.runtime.find(host.name) != nullptr);
}

TEST_CASE("a task's own containers are no orphans", "[component][engine]") {
  Host host;
  host.settings.orphans.remove = true;
  host.restart();
  REQUIRE(host.accept({Host::payload("one", {test::container("web")})}));
  host.advance(5min);
  CHECK(host.on_engine("one")->alive);
}

}  // namespace
}  // namespace longshore::engine
