#include "agent/control/refusal.hpp"

#include <utility>

#include "wire_task.hpp"

namespace longshore::control {
namespace {

std::optional<std::string> refusal_of(const std::string& patch) {
  return find_misfit(testing::read_task(testing::task_with(patch)));
}

const std::string kArn = "arn:aws:ecs:us-west-2:123456789012:task/bench/0f1e";

}  // namespace

TEST_CASE("a task is not taken over for the official agent's reasons", "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"containers": [{"name": "a", "links": ["a:b:c"]}]})", "invalid link format"},
      {R"({"containers": [{"name": "a", "links": ["gone:b"]}]})",
       "could not find container for link gone:b"},
      {R"({"containers": [{"name": "a", "links": [":b"]}]})",
       "could not find container for link :b"},
      {R"({"containers": [{"name": "a", "links": ["gone"],
                           "volumesFrom": [{"sourceContainer": "lost"}]}]})",
       "could not find volume source container with name lost"},
      {R"({"volumes": [{"name": "v", "type": "docker", "dockerVolumeConfiguration":
                        {"scope": "task", "autoprovision": true}}]})",
       "volume [v] : task scoped volume could not be autoprovisioned"}};
  for (const auto& [patch, cause] : cases) {
    INFO(patch);
    CHECK(refusal_of(patch) ==
          "resource cannot be initialized for task " + kArn + ": " + std::string(cause));
  }
  for (const char* word : {"READY", "start", ""}) {
    const nlohmann::json on{{"containerName", "a"}, {"condition", word}};
    const nlohmann::json containers{{{"name", "a"}}, {{"name", "b"}, {"dependsOn", {on}}}};
    CHECK(refusal_of(nlohmann::json{{"containers", containers}}.dump()) ==
          "Task dependencies cannot be resolved, taskArn: " + kArn);
  }
}

TEST_CASE("a task whose names and words lead somewhere is taken over", "[unit][control]") {
  CHECK_FALSE(refusal_of("{}"));
  CHECK_FALSE(refusal_of(R"({
      "containers": [
          {"name": "a"},
          {"name": "b", "links": ["a", "a:x", "a:"], "volumesFrom": [{"sourceContainer": "a"}],
           "dependsOn": [{"containerName": "a", "condition": "CREATE"},
                         {"containerName": "a", "condition": "START"},
                         {"containerName": "a", "condition": "COMPLETE"},
                         {"containerName": "a", "condition": "SUCCESS"},
                         {"containerName": "a", "condition": "HEALTHY"}]}],
      "volumes": [{"name": "v", "type": "docker", "dockerVolumeConfiguration": {"scope": "task"}},
                  {"name": "w", "type": "docker",
                   "dockerVolumeConfiguration": {"scope": "shared", "autoprovision": true}}]})"));
}

}  // namespace longshore::control
