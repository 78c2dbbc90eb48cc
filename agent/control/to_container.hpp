#pragma once

#include <optional>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/control/to_volumes.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/protocol/acs_task.hpp"

namespace longshore::control {

/// One container as core means it: overrides applied, volumes looked up, the waits that links and
/// volumesFrom imply added to the explicit ones. A mistake that the official agent comes upon when
/// it creates the container is the spec's flaw, the first one if there are several. What it does
/// not take over at all is for find_refusal() and core to find. Errors as to_task(), with the
/// member's path inside the container: "portMappings[0].hostPort: expected 0 to 65535, got 70000".
Result<core::ContainerSpec> to_container(const protocol::AcsContainer& wire,
                                         const VolumePaths& volumes);

/// What a word of `dependsOn` asks for; nullopt for one that is none of ECS's.
std::optional<core::DependencyCondition> to_condition(std::string_view word);

}  // namespace longshore::control
