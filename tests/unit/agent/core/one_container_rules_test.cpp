#include <catch2/catch.hpp>
#include <utility>

#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/state_rules.hpp"

namespace longshore::core {

using namespace longshore::test;

TEST_CASE("every reachable state of a task with one container obeys the rules", "[unit][core]") {
  const ContainerSpec web = GENERATE(container("web"), container_on_port("web"));
  const std::size_t states = explore(task_of({web}), 200'000);
  CHECK(states > 100);
}

TEST_CASE("every reachable state of a task that waits for room obeys the rules", "[unit][core]") {
  TaskState waiting = task_of({container("web")});
  waiting.admitted = false;
  CHECK(explore(std::move(waiting), 200'000) > 100);
}

TEST_CASE("the states of a task with a restart policy that are reached first obey the rules",
          "[unit][core]") {
  ContainerSpec web = container("web");
  web.restart_policy = RestartPolicy{.ignored_exit_codes = {0}};
  CHECK(explore(task_of({web}), 200'000) > 1'000);
}

TEST_CASE("every reachable state of a task that pulls with a role obeys the rules",
          "[unit][core]") {
  ContainerSpec web = container("web");
  web.ecr_auth = EcrAuth{.registry_id = "1", .region = "r", .use_execution_role = true};
  CHECK(explore(task_of({web}, "role"), 20'000) > 1'000);
}

}  // namespace longshore::core
