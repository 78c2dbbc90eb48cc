#include "agent/core/stop_ladder.hpp"

#include <catch2/catch.hpp>

namespace longshore::core {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kBegan{1h};
constexpr auto kGrace = 30s;

struct Descent {
  StopLadder ladder{kBegan, kGrace};
  SteadyTime now = kBegan;
  bool engine_answers = true;

  StopMeans next() const { return ladder.next(now, engine_answers); }
  /// Does what comes next, in vain.
  StopMeans step(StopOutcome outcome = StopOutcome::Heard) {
    const StopMeans means = next();
    ladder.tried(means, outcome, now, engine_answers);
    return means;
  }
};

TEST_CASE("the engine is asked ever harder, and then the kernel", "[unit][core]") {
  Descent stop;
  CHECK(stop.step() == StopMeans::Signal);
  CHECK(stop.step() == StopMeans::Kill);
  CHECK(stop.step() == StopMeans::Kernel);
  CHECK(stop.step() == StopMeans::Kill);
  CHECK(stop.step() == StopMeans::Kernel);
}

TEST_CASE("an engine that is away for a moment is asked again until the time is over",
          "[unit][core]") {
  Descent stop;
  CHECK(stop.step(StopOutcome::Unheard) == StopMeans::Signal);
  CHECK(stop.step(StopOutcome::Unheard) == StopMeans::Signal);
  stop.now += kGrace;
  CHECK(stop.step(StopOutcome::Unheard) == StopMeans::Signal);
  CHECK(stop.step() == StopMeans::Kill);
}

TEST_CASE("without an engine a process has its signal and its time, and is killed then",
          "[unit][core]") {
  Descent stop;
  SECTION("from the first") {}
  SECTION("after a signal that may have been lost") { stop.step(); }
  SECTION("after a signal that hung for long") {
    stop.now += 2 * kGrace;
    stop.ladder.tried(StopMeans::Signal, StopOutcome::Unheard, stop.now, false);
  }
  stop.engine_answers = false;
  CHECK(stop.step() == StopMeans::Ask);
  CHECK(stop.step() == StopMeans::Wait);
  stop.now += kGrace - 1s;
  CHECK(stop.step() == StopMeans::Wait);
  stop.now += 1s;
  CHECK(stop.step() == StopMeans::Kernel);
  CHECK(stop.step() == StopMeans::Kernel);
}

TEST_CASE("an engine that comes back sends the signal again, or kills what had its time",
          "[unit][core]") {
  Descent stop;
  stop.engine_answers = false;
  const bool reached = GENERATE(true, false);
  CAPTURE(reached);
  stop.step(reached ? StopOutcome::Heard : StopOutcome::Unheard);
  stop.engine_answers = true;
  CHECK(stop.next() == StopMeans::Signal);
  stop.now += kGrace;
  // Nobody has sent it a signal yet, however long that is ago.
  CHECK(stop.next() == (reached ? StopMeans::Kill : StopMeans::Signal));
}

TEST_CASE("what the engine has not heard while it was away is no attempt", "[unit][core]") {
  Descent stop;
  stop.now += 2 * kGrace;
  stop.ladder.tried(StopMeans::Signal, StopOutcome::Unheard, stop.now, /*engine_answers=*/false);
  CHECK(stop.next() == StopMeans::Signal);
}

TEST_CASE("the time runs from the signal past the engine", "[unit][core]") {
  Descent stop;
  CHECK(stop.ladder.grace_over_at() == kBegan + kGrace);
  stop.engine_answers = false;
  stop.now += 10s;
  stop.step();
  CHECK(stop.ladder.grace_over_at() == kBegan + 10s + kGrace);
}

}  // namespace
}  // namespace longshore::core
