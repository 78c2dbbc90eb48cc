#include <catch2/catch.hpp>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;
using News = std::vector<std::string>;

const News kTold{"one STOPPED web:STOPPED=3"};

/// Task "one" of a container "web", its first reports read.
struct Ending : Host {
  explicit Ending(core::ContainerSpec web = test::container("web"),
                  std::vector<core::ContainerSpec> others = {}) {
    others.insert(others.begin(), std::move(web));
    REQUIRE(accept({payload("one", std::move(others))}));
    id = container("one").runtime_id;
    news();
  }
  /// Its process has ended with 3, and the kernel shows all of it.
  void end_for_the_kernel(int code = 3) {
    main_processes[id] = MainProcess::Ended;
    exit_codes[id] = code;
    whole_ends.insert(id);
    reconciler().process_ended(id);
    poll();
  }
  ContainerId id{};
};

TEST_CASE("an end that the kernel explains is told soon, and once", "[component][engine]") {
  Ending host;
  host.end_for_the_kernel();
  host.advance(14ms);
  CHECK(host.news().empty());
  host.advance(1ms);
  CHECK(host.news() == kTold);
  CHECK(host.ended == std::vector{host.id});
  const std::size_t looks = host.runtime.count("inspect");
  host.end_process("one", 3);
  CHECK(host.runtime.count("inspect") == looks);
  host.advance(1min);
  CHECK(host.news().empty());
}

TEST_CASE("the engine's word of an end comes first where it comes in time", "[component][engine]") {
  Ending host;
  host.end_for_the_kernel();
  host.advance(14ms);
  host.end_process("one", 3);
  CHECK(host.news() == kTold);
  host.advance(1min);
  CHECK(host.news().empty());
}

TEST_CASE("a run that began unheard after the kernel's word is ended", "[component][engine]") {
  Ending host;
  host.runtime.lose_events = true;
  host.end_for_the_kernel();
  host.advance(15ms);
  CHECK(host.news() == kTold);
  // Somebody has restarted it: the engine shows it alive.
  REQUIRE(host.on_engine("one")->alive);
  host.advance(2s);
  CHECK_FALSE(host.on_engine("one")->alive);
  CHECK(host.news().empty());
}

TEST_CASE("an exit code that the kernel tells late is waited for a moment", "[component][engine]") {
  Ending host;
  host.end_for_the_kernel();
  host.exit_codes.clear();
  host.advance(29ms);
  host.exit_codes[host.id] = 3;
  host.advance(1ms);
  CHECK(host.news() == kTold);
}

TEST_CASE("a stop ends with the kernel's word as well", "[component][engine]") {
  Ending host;
  host.runtime.hold("stop");
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.end_for_the_kernel();
  host.advance(15ms);
  CHECK(host.news() == kTold);
}

TEST_CASE("where the kernel's word is not all, the engine's is waited for", "[component][engine]") {
  auto web = test::container("web");
  std::vector<core::ContainerSpec> others;
  bool whole = true;
  int code = 3;
  SECTION("something of the container may live on") { whole = false; }
  SECTION("nobody has counted a kill") { code = 137; }
  SECTION("the policy restarts it") { web.restart_policy = core::RestartPolicy{}; }
  SECTION("the engine holds its port") { web.ports = {{.container_port = 80, .host_port = 8080}}; }
  SECTION("another container waits for it") {
    web.essential = false;
    others.push_back(test::container_after("app", "web", core::DependencyCondition::Success));
  }
  Ending host(web, others);
  host.end_for_the_kernel(code);
  if (!whole) host.whole_ends.clear();
  host.advance(1900ms);
  CHECK(host.news().empty());
  CHECK(host.container("one").phase == core::Phase::Running);
}

}  // namespace
}  // namespace longshore::engine
