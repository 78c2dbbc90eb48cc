#pragma once

#include "agent/standalone/shape.hpp"

namespace longshore::standalone {

/// One element of `containerDefinitions`. Ranges that ECS documents (health check, restart policy,
/// ports) are part of it; rules between members are in task_definition_rules.cpp.
const Shape& container_definition_shape();

}  // namespace longshore::standalone
