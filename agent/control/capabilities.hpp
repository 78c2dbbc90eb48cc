#pragma once

#include <string>
#include <vector>

#include "agent/protocol/ecs_api.hpp"

namespace longshore::control {

/// What decides which abilities this host has.
struct CapabilityInputs {
  std::string engine_min_api_version{};  ///< MinAPIVersion of the engine: "1.24".
  std::string engine_api_version{};      ///< ApiVersion of the engine: "1.41".
  std::vector<std::string> logging_drivers{"json-file", "none"};  ///< ECS_AVAILABLE_LOGGING_DRIVERS
  bool privileged_disabled = false;                               ///< ECS_DISABLE_PRIVILEGED
  bool selinux_capable = false;                                   ///< ECS_SELINUX_CAPABLE
  bool apparmor_capable = false;                                  ///< ECS_APPARMOR_CAPABLE
  bool task_cpu_mem_limit = true;      ///< Task limits are switched on and the cgroup root works.
  bool health_check_disabled = false;  ///< ECS_DISABLE_DOCKER_HEALTH_CHECK
  std::vector<std::string> volume_drivers{};  ///< The engine's volume drivers: "local", "x:latest".
  bool external = false;                      ///< ECS_EXTERNAL
  std::string cpu_architecture{};             ///< "x86_64", "arm64"; sent by external hosts alone.
  std::string detailed_os_family = "LINUX";   ///< ECS_DETAILED_OS_FAMILY; empty: not sent.
};

/// The attributes to register: what this agent really does, by the names the scheduler places
/// tasks by, and what the host is. A task that needs anything else is not sent here. Pure.
/// Source: amazon-ecs-agent:agent/app/agent_capability.go,
/// ecs-agent/api/ecs/client/ecs_client.go (getAdditionalAttributes).
std::vector<protocol::Attribute> capability_attributes(const CapabilityInputs& inputs);

}  // namespace longshore::control
