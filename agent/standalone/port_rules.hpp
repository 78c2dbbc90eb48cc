#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace longshore::standalone {

/// The first rule broken by a container's `portMappings`, whose shape was checked; `mode` is the
/// task's network mode, `path` where they stand: "containerDefinitions[0].portMappings". nullopt:
/// none.
/// Source: Amazon ECS API reference, PortMapping.
std::optional<std::string> broken_port_rule(const nlohmann::json& mappings, const std::string& mode,
                                            const std::string& path);

}  // namespace longshore::standalone
