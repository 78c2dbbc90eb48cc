#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/control/ecs_client.hpp"
#include "agent/engine/engine_settings.hpp"
#include "config/load.hpp"
#include "runtime/images/image_puller.hpp"

namespace longshore::app {

/// Rounded down.
std::chrono::seconds in_seconds(std::chrono::milliseconds duration);

/// "default" when none is configured.
std::string cluster_name(const config::Config& config);

/// Where CloudWatch Logs is, for an engine whose awslogs driver does not know the region:
/// "https://logs.<region>.<suffix>" in the regions of which the official agent tells it; else
/// empty. Source: amazon-ecs-agent:agent/engine/docker_task_engine.go (unresolvedRegions).
std::string awslogs_endpoint(std::string_view region);

/// `task_limits`: whether tasks get a cgroup of their own on this host.
/// Errors: as host_resources.
Result<engine::EngineSettings> engine_settings(const config::Config& config, bool task_limits);
runtime::images::PullerSettings puller_settings(const config::Config& config);
control::EcsSettings ecs_settings(const config::LoadedConfig& loaded, std::string user_agent);

}  // namespace longshore::app
