#pragma once

#include <string_view>

#include "agent/base/result.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// One entry of `portMappings`; `at` is its path inside the container. A `containerPortRange` comes
/// alone: the host's ports for it are always picked. Errors: InvalidInput, with the member, its
/// value and the accepted form.
Result<core::PortMapping> to_port(const protocol::PortMappingBlock& wire, std::string_view at);

}  // namespace longshore::control
