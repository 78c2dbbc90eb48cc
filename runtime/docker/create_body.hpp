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
/// Labels of the spec, CgroupParent, NetworkMode, PidMode, IpcMode and the endpoint of an awslogs
/// driver then win over the patches.
///
/// The spec's CPU shares are held to 2..262144 and a memory limit to at least 4 MiB; a patch may
/// say otherwise. With all of that known,
///   - a log that may drop lines ("mode" is "non-blocking") and names no "max-buffer-size" gets
///   10m;
///   - a container in another one's network ("container:<id>") carries no ports, links, host name,
///     MAC address, DNS or extra hosts: they are the other one's, and the engine refuses a create
///     that names them.
/// Errors: InvalidInput (a patch is not a JSON object).
/// Sources: amazon-ecs-agent:agent/api/task/task.go, createDockerConfig and dockerHostConfig;
/// moby:runconfig/hostconfig_unix.go, validateNetMode.
Result<nlohmann::json> create_body(const ContainerSpec& spec);

}  // namespace longshore::runtime::docker
