#include "agent/standalone/required_attributes.hpp"

#include "agent/standalone/task_definition_rules.hpp"
#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

/// What web_definition() asks of a host once it is changed by these members.
std::set<std::string> required(const json& container, const json& task = json::object()) {
  json definition = web_definition();
  definition["containerDefinitions"][0].update(container);
  definition.update(task);
  const auto checked = check_task_definition(definition);
  REQUIRE(checked);
  return required_attributes(*checked, Site{.region = "eu-west-1", .account = "111122223333"});
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("what a host must be able to do follows from the task definition", "[unit][standalone]") {
  CHECK(required(json::object()).empty());
  CHECK(required({{"restartPolicy", {{"enabled", true}}}}) ==
        Names{"ecs.capability.container-restart-policy"});
  CHECK(required({{"restartPolicy", {{"enabled", false}}}}).empty());
  CHECK(required({{"portMappings", {{{"containerPortRange", "9000-9004"}}}}}) ==
        Names{"ecs.capability.network.container-port-range"});
  for (const char* mode : {"pidMode", "ipcMode"}) {
    CHECK(required(json::object(), {{mode, "task"}}) ==
          Names{"ecs.capability.pid-ipc-namespace-sharing"});
  }
}

TEST_CASE("a volume of the engine needs its driver there", "[unit][standalone]") {
  const auto of_volume = [](const json& docker) {
    return required(json::object(),
                    {{"volumes", {{{"name", "v"}, {"dockerVolumeConfiguration", docker}}}}});
  };
  CHECK(of_volume({{"scope", "task"}}) == Names{"ecs.capability.docker-plugin.local"});
  CHECK(of_volume({{"driver", "rexray/ebs:latest"}}) ==
        Names{"ecs.capability.docker-plugin.rexray/ebs.latest"});
  CHECK(required(json::object(), {{"volumes", {{{"name", "v"}}}}}).empty());
}

}  // namespace longshore::standalone
