#include "agent/engine/teardown.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/component/agent/engine/host.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using testing::Host;

/// A task whose "app" is started as soon as "init" has ended, which the engine takes down for as
/// long as it gives no answer about it.
struct Job : Host {
  explicit Job(const std::string& network_mode = {}, const std::string& host_config = {}) {
    auto job =
        payload("job", {test::container("init", false),
                        test::container_after("app", "init", core::DependencyCondition::Success)});
    job.spec.network_mode = network_mode;
    for (auto& container : job.spec.containers) container.host_config_patch = host_config;
    REQUIRE(accept({job}));
    init = container("job").runtime_id;
    runtime.hold("inspect", init.str());
  }
  void end_init() {
    end_process("job", 0);
    poll();
    REQUIRE(container("job").phase == core::Phase::Stopped);
  }
  bool app_lives() {
    const auto* app = on_engine("job", 1);
    return app != nullptr && app->alive;
  }

  ContainerId init{};
};

TEST_CASE("what joins a network is started once the engine has taken down what ended before",
          "[component][engine]") {
  Job host(GENERATE("", "bridge"));
  host.end_init();
  host.advance(Teardown::kPatience - 1ms);
  CHECK_FALSE(host.app_lives());
  host.runtime.release("inspect", host.init.str());
  host.poll();
  CHECK(host.app_lives());
}

TEST_CASE("a teardown that takes long is not waited for", "[component][engine]") {
  Job host;
  host.end_init();
  host.advance(Teardown::kPatience - 1ms);
  REQUIRE_FALSE(host.app_lives());
  host.advance(1ms);
  CHECK(host.app_lives());
}

TEST_CASE("what joins no network waits for no teardown", "[component][engine]") {
  SECTION("by its task") {
    Job host(GENERATE("host", "none"));
    host.end_init();
    CHECK(host.app_lives());
  }
  SECTION("by its own configuration") {
    Job host({}, GENERATE(R"({"NetworkMode":"host"})", R"({"NetworkMode":"container:x"})"));
    host.end_init();
    CHECK(host.app_lives());
  }
}

TEST_CASE("a teardown holds up the starts of other tasks too, and of those that come later none",
          "[component][engine]") {
  Job host;
  host.end_init();
  REQUIRE(host.accept({Host::payload("other", {test::container("web")})}));
  CHECK_FALSE(host.on_engine("other")->alive);
  host.advance(Teardown::kPatience);
  CHECK(host.on_engine("other")->alive);
  REQUIRE(host.accept({Host::payload("later", {test::container("web")})}));
  CHECK(host.on_engine("later")->alive);
}

TEST_CASE("who waited for one teardown does not call off the wait for the next",
          "[component][engine]") {
  Job host;
  REQUIRE(host.accept({Host::payload("next", {test::container("web")})}));
  const ContainerId next = host.container("next").runtime_id;
  host.runtime.hold("inspect", next.str());
  host.end_init();
  host.advance(Teardown::kPatience / 2);
  host.end_process("next", 0);
  host.poll();
  host.runtime.release("inspect", host.init.str());
  host.poll();
  REQUIRE(host.app_lives());
  REQUIRE(host.accept({Host::payload("later", {test::container("web")})}));
  CHECK_FALSE(host.on_engine("later")->alive);
  host.advance(Teardown::kPatience);
  CHECK(host.on_engine("later")->alive);
}

TEST_CASE("a stop does not wait for another container's teardown", "[component][engine]") {
  Job host;
  host.end_init();
  REQUIRE(host.accept({Host::stop_of("job")}));
  CHECK(host.container("job", 1).phase == core::Phase::Stopped);
  host.advance(Teardown::kPatience);
  CHECK(host.runtime.count("start") == 1);
}

}  // namespace
}  // namespace longshore::engine
