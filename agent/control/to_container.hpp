#pragma once

#include "agent/base/result.hpp"
#include "agent/control/to_volumes.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// One container as core means it: overrides applied, volumes looked up, the waits that links and
/// volumesFrom imply added to the explicit ones. That the names it refers to exist
/// is core's check. Errors as to_task(), with the member's path inside the container:
/// "portMappings[0].hostPort: expected 0 to 65535, got 70000".
Result<core::ContainerSpec> to_container(const protocol::AcsContainer& wire,
                                         const VolumePaths& volumes);

}  // namespace longshore::control
