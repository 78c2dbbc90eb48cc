#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "agent/standalone/cluster_state.hpp"

namespace longshore::standalone {

/// One element of a PayloadMessage's `tasks`: the task definition with the task's overrides, as
/// ACS words it (names and types: aws/amazon-ecs-agent ecs-agent/acs/model/api/api-2.json).
/// `origin` is this server as agents reach it, for registries whose tokens come from here.
/// Contains the keys of role credentials: never log it unmasked.
nlohmann::json task_payload(const Task& task, const Site& site, std::string_view origin);

/// `roleCredentials` of payloads and of IAMRoleCredentialsMessage.
nlohmann::json credentials_payload(const RoleCredentials& credentials);

/// The task definition's container `name` with the task's overrides of cpu, memory, command,
/// environment and environment files applied.
nlohmann::json overridden_container(const nlohmann::json& container,
                                    const nlohmann::json& overrides);

}  // namespace longshore::standalone
