#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/base/result.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::runtime::docker {

/// The body of POST /containers/create. `config_patch` is laid over what the spec's members give
/// for the container, `host_config_patch` over HostConfig, as the official agent's JSON decoder
/// does it, so that a payload means the same here:
///   - member names match in any case ("memory" is Memory);
///   - a list or a plain value replaces, the entries of an object are added one by one;
///   - null empties a list or an object and leaves any other value alone.
/// Labels of the spec, CgroupParent, PidMode and IpcMode then win over the patches.
/// Errors: InvalidInput (a patch is not a JSON object).
/// Source: amazon-ecs-agent:agent/api/task/task.go, createDockerConfig and dockerHostConfig.
Result<nlohmann::json> create_body(const ContainerSpec& spec);

}  // namespace longshore::runtime::docker
