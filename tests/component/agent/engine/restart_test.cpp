#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

/// A task of one container that is restarted after runs of a minute and more, but for exit code 0.
struct RestartedTask : Host {
  RestartedTask() {
    auto web = test::container("web");
    web.restart_policy = core::RestartPolicy{.ignored_exit_codes = {0}, .attempt_period = 60s};
    REQUIRE(accept({payload("one", {web})}));
    REQUIRE(on_engine("one")->alive);
    id = container("one").runtime_id;
    runtime.now += 2min;
    advance(2min);
    finish_reports();
    news();
  }
  ContainerId id{};
};

TEST_CASE("a restart keeps the container and tells the control plane nothing",
          "[component][engine]") {
  RestartedTask host;
  host.end_process("one", 1);
  CHECK(host.on_engine("one")->alive);
  CHECK(host.container("one").runtime_id == host.id);
  CHECK(host.container("one").restart_count == 1);
  CHECK(host.runtime.count("create") == 1);
  CHECK(host.runtime.count("start") == 2);
  CHECK(host.news().empty());
  REQUIRE(host.running.size() >= 2);
  CHECK(host.running.back().restart_count == 1);
  CHECK(host.running.back().has_restart_policy);
}

TEST_CASE("a run that was too short is the last", "[component][engine]") {
  RestartedTask host;
  host.end_process("one", 1);
  host.runtime.now += 59s;
  host.advance(59s);
  host.end_process("one", 3);
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=3"});
}

TEST_CASE("an ignored exit code is the last", "[component][engine]") {
  RestartedTask host;
  host.end_process("one", 0);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=0"});
}

TEST_CASE("a restart that fails leaves the end that it was to mend", "[component][engine]") {
  RestartedTask host;
  host.runtime.fail_next("start", {ErrorCode::Internal, "no endpoint"});
  host.end_process("one", 4);
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=4"});
  CHECK(host.sent.back().change.containers.at(0).reason.empty());
}

TEST_CASE("an end while the agent was away is made up for", "[component][engine]") {
  RestartedTask host;
  host.kill();
  host.runtime.end_process(host.id, 1);
  host.restart();
  CHECK(host.on_engine("one")->alive);
  CHECK(host.container("one").restart_count == 1);
  CHECK(host.news().empty());
}

TEST_CASE("a restart that was cut off is begun again, once", "[component][engine]") {
  RestartedTask host;
  host.runtime.hold("start");
  host.end_process("one", 1);
  REQUIRE(host.container("one").restarting);
  host.kill();
  host.runtime.release("start");
  host.restart();
  CHECK(host.on_engine("one")->alive);
  CHECK(host.container("one").restart_count == 1);
  CHECK_FALSE(host.container("one").restarting);
}

TEST_CASE("a stop waits for a restart on its way and then has its will", "[component][engine]") {
  RestartedTask host;
  host.runtime.hold("start");
  host.end_process("one", 1);
  REQUIRE(host.accept({Host::stop_of("one")}));
  CHECK(host.news().empty());
  host.runtime.release("start");
  host.poll();
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news() == News{"one STOPPED web:STOPPED=137"});
}

}  // namespace
}  // namespace longshore::engine
