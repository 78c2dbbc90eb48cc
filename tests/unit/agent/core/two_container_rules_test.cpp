#include <catch2/catch.hpp>
#include <chrono>
#include <utility>

#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/state_rules.hpp"

namespace longshore::core {

using namespace longshore::test;

TEST_CASE("the states of a task with a pause container that are reached first obey the rules",
          "[unit][core]") {
  ContainerSpec pause = container("pause");
  pause.kind = ContainerKind::NamespacePause;
  CHECK(explore(task_of({container_after("web", "pause", DependencyCondition::Start), pause}),
                8'000) >= 8'000);
}

TEST_CASE("two containers in every order obey the rules in the states reached first",
          "[unit][core]") {
  const auto condition = GENERATE(DependencyCondition::Create, DependencyCondition::Start,
                                  DependencyCondition::Complete, DependencyCondition::Success,
                                  DependencyCondition::Healthy);
  ContainerSpec first = container("first", condition == DependencyCondition::Start);
  if (GENERATE(false, true)) first.ports = container_on_port("").ports;
  first.has_health_check = true;
  first.start_timeout = std::chrono::seconds{5};
  CHECK(explore(task_of({container_after("second", "first", condition), first}), 8'000) >= 8'000);
}

TEST_CASE("the states of a task that pulls upfront that are reached first obey the rules",
          "[unit][core]") {
  TaskState task = task_of({container_after("second", "first", DependencyCondition::Success),
                            container("first", false)});
  task.pull_upfront = true;
  CHECK(explore(std::move(task), 8'000) >= 8'000);
}

}  // namespace longshore::core
