#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "agent/standalone/site.hpp"

namespace longshore::standalone {

/// The capability attributes a host must have registered to run this (checked) task definition:
/// ECS shows them as `requiresAttributes` and places by them.
/// Source: aws/amazon-ecs-agent agent/app/agent_capability*.go (the names agents register).
std::set<std::string> required_attributes(const nlohmann::json& definition, const Site& site);

}  // namespace longshore::standalone
