#pragma once

#include <vector>

#include "agent/core/event.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// What an inspect means to the core. `mappings` is what the container asked for: other ports are
/// left out, and the ports of a range come back as one binding for each address, behind the single
/// ports. Ports of a range that is not bound whole and in a row stay single, so that nothing that
/// was asked for is kept quiet.
core::Observation to_observation(const runtime::ContainerState& state,
                                 const std::vector<core::PortMapping>& mappings);
core::Health to_health(runtime::HealthStatus status);
/// Whether its process was started at some time, as far as the engine knows.
bool has_run(const runtime::ContainerState& state);

}  // namespace longshore::engine
