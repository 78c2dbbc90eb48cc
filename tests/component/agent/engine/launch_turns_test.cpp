#include "agent/engine/launch_turns.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;

struct OneAtATime : Host {
  OneAtATime() {
    settings.launches_at_once = 1;
    restart();
  }
  void launch(const std::string& id) { REQUIRE(accept({payload(id, {test::container("web")})})); }
};

TEST_CASE("a call that hangs in the engine holds up the others for a while only",
          "[component][engine]") {
  const std::string call = GENERATE("create", "start");
  OneAtATime host;
  host.runtime.hold(call);
  host.launch("hangs");
  host.launch("other");
  host.advance(LaunchTurns::kLaunchPatience - 1ms);
  CHECK(host.runtime.count(call) == 1);
  host.advance(1ms);
  CHECK(host.runtime.count(call) == 2);
  host.runtime.release(call);
  host.poll();
  CHECK(host.on_engine("hangs")->alive);
  CHECK(host.on_engine("other")->alive);
}

TEST_CASE("a turn that was given back is not taken back again", "[component][engine]") {
  OneAtATime host;
  host.launch("quick");
  REQUIRE(host.on_engine("quick")->alive);
  host.advance(5s);
  host.runtime.hold("create");
  host.launch("hangs");
  host.launch("other");
  host.advance(LaunchTurns::kLaunchPatience - 1ms);
  CHECK(host.runtime.count("create") == 2);
}

TEST_CASE("a turn that was lost lets one in, and its end no further one", "[component][engine]") {
  OneAtATime host;
  host.runtime.hold("create");
  for (const auto* id : {"one", "two", "three"}) host.launch(id);
  host.advance(LaunchTurns::kLaunchPatience);
  REQUIRE(host.runtime.count("create") == 2);
  REQUIRE(host.accept({Host::stop_of("one")}));
  host.advance(LaunchTurns::kLaunchPatience - 1ms);
  CHECK(host.runtime.count("create") == 2);
  host.advance(1ms);
  CHECK(host.runtime.count("create") == 3);
}

}  // namespace
}  // namespace longshore::engine
