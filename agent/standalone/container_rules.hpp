#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace longshore::standalone {

/// The first rule that container `path` ("containerDefinitions[1]") of `definition` breaks, as
/// "path.member: what is wrong". Shapes have been checked.
std::optional<std::string> broken_container_rule(const nlohmann::json& definition,
                                                 const nlohmann::json& container,
                                                 const std::string& path);

/// The first rule broken between containers: names, `links`, `volumesFrom`, `dependsOn`.
std::optional<std::string> broken_container_reference(const nlohmann::json& definition);

/// 1..255 letters, digits, hyphens and underscores: families and container names.
bool is_ecs_name(std::string_view name);

}  // namespace longshore::standalone
