#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/standalone/api_error.hpp"

namespace longshore::standalone {

/// Checks a RegisterTaskDefinition request whole and returns it as ECS would show it: nulls gone,
/// defaults filled in (`essential`, `cpu`, `protocol`, empty lists), task size in plain units
/// ("256", "512"). Refuses with ClientException, naming the member and what is accepted.
ApiResult<nlohmann::json> check_task_definition(const nlohmann::json& request);

}  // namespace longshore::standalone
