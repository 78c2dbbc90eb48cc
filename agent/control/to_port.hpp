#pragma once

#include <string_view>

#include "agent/base/result.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// One entry of `portMappings`; `at` is its path inside the container. A `containerPortRange`
/// counts where there is no `containerPort`, and a `hostPort` beside it does not: the host's ports
/// for it are always picked. Errors: InvalidInput, with the member, its value and the accepted
/// form; Conflict, in the official agent's words, for a range that is none. Source:
/// amazon-ecs-agent:agent/api/task/task.go (dockerPortMap).
Result<core::PortMapping> to_port(const protocol::PortMappingBlock& wire, std::string_view at);

}  // namespace longshore::control
