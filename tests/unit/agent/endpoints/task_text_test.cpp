#include "agent/endpoints/task_text.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace longshore::endpoints;

namespace {

ListedTask waiting() {
  return {.arn = "arn:aws:ecs:us-west-2:1:task/test/aaaa",
          .family = "big",
          .version = "12",
          .desired_status = "RUNNING",
          .known_status = "PENDING",
          .waits_for = "needs 512 MiB of memory, 256 MiB are free; behind 2 tasks",
          .containers = {
              {.name = "main", .known_status = "PENDING", .phase = "waiting", .health = ""}}};
}

ListedTask running() {
  return {.arn = "arn:aws:ecs:us-west-2:1:task/test/bbbbbbbb",
          .family = "web",
          .version = "3",
          .desired_status = "RUNNING",
          .known_status = "RUNNING",
          .containers = {{.name = "app",
                          .known_status = "RUNNING",
                          .phase = "running",
                          .runtime_id = std::string(64, 'f'),
                          .health = "HEALTHY",
                          .restart_count = 2},
                         {.name = "init",
                          .known_status = "STOPPED",
                          .phase = "stopped",
                          .exit_code = 1,
                          .reason = "no\x1b[2J\nluck"}}};
}

}  // namespace

TEST_CASE("tasks are shown one on a line", "[unit][endpoints]") {
  CHECK(task_table_text({waiting(), running()}, false) ==
        "TASK      DEFINITION  DESIRED  KNOWN    RUNNING  REMARKS\n"
        "aaaa      big:12      RUNNING  PENDING  0/1      waiting: needs 512 MiB of memory, "
        "256 MiB are free; behind 2 tasks\n"
        "bbbbbbbb  web:3       RUNNING  RUNNING  1/2      init: no?[2J?luck\n");
}

TEST_CASE("containers are shown below their task", "[unit][endpoints]") {
  CHECK(task_table_text({running()}, true) ==
        "TASK      DEFINITION    DESIRED  KNOWN    RUNNING  REMARKS\n"
        "bbbbbbbb  web:3         RUNNING  RUNNING  1/2      init: no?[2J?luck\n"
        "  app     ffffffffffff           running  HEALTHY  restarts 2\n"
        "  init    -                      stopped           exit 1; no?[2J?luck\n");
}

TEST_CASE("what a container waits for is shown", "[unit][endpoints]") {
  ListedTask task = running();
  task.containers[0].waits_for = "HEALTHY of db";
  CHECK(task_table_text({task}, true) ==
        "TASK      DEFINITION    DESIRED  KNOWN    RUNNING  REMARKS\n"
        "bbbbbbbb  web:3         RUNNING  RUNNING  1/2      app waiting: HEALTHY of db; init: "
        "no?[2J?luck\n"
        "  app     ffffffffffff           running  HEALTHY  restarts 2; waiting: HEALTHY of db\n"
        "  init    -                      stopped           exit 1; no?[2J?luck\n");
}

TEST_CASE("no tasks are a heading alone", "[unit][endpoints]") {
  CHECK(task_table_text({}, true) == "TASK  DEFINITION  DESIRED  KNOWN  RUNNING  REMARKS\n");
}

TEST_CASE("a task's own reason goes before those of its containers", "[unit][endpoints]") {
  ListedTask task = running();
  task.reason = "whole";
  CHECK(task_table_text({task}, false).find("whole\n") != std::string::npos);
}

TEST_CASE("for programs the list is JSON that reads back", "[unit][endpoints]") {
  const auto json = nlohmann::json::parse(task_table_json({waiting(), running()}));
  REQUIRE(json.at("Tasks").size() == 2);
  CHECK(json.at("Tasks")[0].at("WaitsFor") == waiting().waits_for);
  const auto back = longshore::read_json(json.at("Tasks")[1], read_listed_task);
  REQUIRE(back);
  CHECK(*back == running());
}
