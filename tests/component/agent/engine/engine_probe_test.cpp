#include "agent/engine/engine_probe.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_runtime.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;

struct Probed {
  boost::asio::io_context io{};
  testing::FakeClock clock{};
  testing::FakeRuntime runtime{};
  std::vector<bool> changes{};
  EngineProbe probe{io.get_executor(), clock, runtime,
                    [this](const EngineAnswers& answers) { changes.push_back(answers.now); }};

  Probed() {
    probe.start();
    clock.advance(io, {});
  }
  void miss(int times) {
    for (int i = 0; i < times; ++i) {
      runtime.fail_next("ping", {ErrorCode::Timeout, "no complete answer in time"});
    }
  }
};

TEST_CASE("an engine that answers is asked every 5 s, and nothing is said", "[component][engine]") {
  Probed host;
  host.clock.advance(host.io, 60s);
  CHECK(host.runtime.count("ping") == 13);
  CHECK(host.changes.empty());
  CHECK(host.probe.answers().now);
  CHECK(host.clock.steady_now() - host.probe.answers().last_answer <= 5s);
}

TEST_CASE("an engine that was not there at the start is away until it answers",
          "[component][engine]") {
  boost::asio::io_context io;
  testing::FakeClock clock;
  testing::FakeRuntime runtime;
  std::vector<bool> changes;
  EngineProbe probe(io.get_executor(), clock, runtime,
                    [&](const EngineAnswers& answers) { changes.push_back(answers.now); });
  for (int i = 0; i < 4; ++i) runtime.fail_next("ping", {ErrorCode::Timeout, "no answer in time"});
  probe.start_away("no answer at all");
  CHECK(runtime.breaker().is_open());
  CHECK(probe.answers().why_not == "no answer at all");
  clock.advance(io, 3s);
  CHECK(changes == std::vector{false});
  clock.advance(io, 2s);
  CHECK(changes == std::vector{false, true});
  CHECK_FALSE(runtime.breaker().is_open());
}

TEST_CASE("one or two misses are an engine that was busy", "[component][engine]") {
  Probed host;
  host.miss(2);
  host.clock.advance(host.io, 60s);
  CHECK(host.changes.empty());
  CHECK_FALSE(host.runtime.breaker().is_open());
  host.miss(2);
  host.clock.advance(host.io, 60s);
  CHECK(host.changes.empty());
}

TEST_CASE("after three misses the engine is away until it answers", "[component][engine]") {
  Probed host;
  host.miss(5);
  host.clock.advance(host.io, 7s);
  CHECK(host.changes == std::vector{false});
  CHECK(host.probe.answers().why_not == "no complete answer in time");
  CHECK(host.runtime.breaker().is_open());
  CHECK(host.runtime.breaker().error().message ==
        "the container engine does not answer: no complete answer in time");
  host.clock.advance(host.io, 2s);
  CHECK(host.changes == std::vector{false});
  host.clock.advance(host.io, 1s);
  CHECK(host.changes == std::vector{false, true});
  CHECK_FALSE(host.runtime.breaker().is_open());
  CHECK(host.probe.answers().why_not.empty());
}

}  // namespace
}  // namespace longshore::engine
