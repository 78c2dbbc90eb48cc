#pragma once

#include "agent/base/result.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// Refuses a task that needs a feature this version does not have, because running it without
/// would be wrong in silence. Empty and disabled forms pass. Errors: Conflict, naming the
/// member: "containers[0].secrets: not supported by this version of the agent".
Status check_supported(const protocol::AcsTask& task);

}  // namespace longshore::control
