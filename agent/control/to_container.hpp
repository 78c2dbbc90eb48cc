#pragma once

#include <map>
#include <string>

#include "agent/base/result.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// Where each volume of a task is on the host, by the volume's name.
using VolumePaths = std::map<std::string, std::string>;

/// One container as core means it: overrides applied, volumes turned into host paths, the waits
/// that links and volumesFrom imply added to the explicit ones. That the names it refers to exist
/// is core's check. Errors: InvalidInput, with the member's path inside the container:
/// "portMappings[0].hostPort: expected 0 to 65535, got 70000".
Result<core::ContainerSpec> to_container(const protocol::AcsContainer& wire,
                                         const VolumePaths& volumes);

}  // namespace longshore::control
