// The task's own Docker settings, laid over what is asked of the engine. Parts: the container's
// settings, the host's.
#include "agent/base/json_reader.hpp"
#include "runtime/docker/create_body.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {

void run(std::string_view input) {
  const auto patches = parts(input, 2);
  const runtime::ContainerSpec spec{.name = "ecs-web",
                                    .image = "busybox:latest",
                                    .labels = {{"com.amazonaws.ecs.task-arn", "arn"}},
                                    .environment = {"KEY=value"},
                                    .ports = {{.container_port = 80}},
                                    .cgroup_parent = "/ecs/1",
                                    .config_patch = std::string(patches[0]),
                                    .host_config_patch = std::string(patches[1])};
  const auto body = runtime::docker::create_body(spec);
  if (!body) {
    require_refusal(body.error());
    return require(body.error().message.starts_with("dockerConfig."), "an error names its field");
  }
  require(body->at("Labels").at("com.amazonaws.ecs.task-arn") == "arn",
          "a container is always found by its labels");
  int parents = 0;
  for (const auto& [name, value] : body->at("HostConfig").items()) {
    if (value == "/ecs/1") ++parents;
  }
  require(parents == 1 || contains(input, "/ecs/1"), "a container is below its task's group");
  require(parse_json(dump_json(*body)) == *body, "a body is JSON");
}

}  // namespace longshore::fuzz
