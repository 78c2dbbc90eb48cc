#include "agent/core/stop_ladder.hpp"

#include <catch2/catch.hpp>

namespace longshore::core {
namespace {

TEST_CASE("the engine is asked ever harder, and then the kernel", "[unit][core]") {
  CHECK(stop_means({.attempts = 0}) == StopMeans::Signal);
  CHECK(stop_means({.attempts = 1}) == StopMeans::Kill);
  CHECK(stop_means({.attempts = 2}) == StopMeans::Kernel);
  CHECK(stop_means({.attempts = 3}) == StopMeans::Kill);
  CHECK(stop_means({.attempts = 4}) == StopMeans::Kernel);
}

TEST_CASE("without an engine a process has its signal and its time, and is killed then",
          "[unit][core]") {
  for (const int attempts : {0, 1, 2}) {
    CAPTURE(attempts);
    CHECK(stop_means({.attempts = attempts, .engine_answers = false}) == StopMeans::Ask);
    CHECK(stop_means({.attempts = attempts, .engine_answers = false, .asked = true}) ==
          StopMeans::Wait);
    CHECK(stop_means(
              {.attempts = attempts, .engine_answers = false, .asked = true, .grace_over = true}) ==
          StopMeans::Kernel);
  }
}

TEST_CASE("an engine that comes back does not give a process its time again", "[unit][core]") {
  CHECK(stop_means({.asked = true}) == StopMeans::Signal);
  CHECK(stop_means({.asked = true, .grace_over = true}) == StopMeans::Kill);
  CHECK(stop_means({.grace_over = true}) == StopMeans::Signal);
}

TEST_CASE("what the engine has not heard is no attempt until the time is over", "[unit][core]") {
  CHECK(attempts_after({.attempts = 1}, /*heard=*/true) == 2);
  CHECK(attempts_after({.attempts = 1}, /*heard=*/false) == 1);
  CHECK(attempts_after({.attempts = 1, .grace_over = true}, /*heard=*/false) == 2);
}

}  // namespace
}  // namespace longshore::core
