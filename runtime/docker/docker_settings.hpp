#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::runtime::docker {

/// Where the engine is and the limits an operator may set. The floors (1 min for create, 45 s for
/// start, 30 s for manifests) are the configuration's to keep.
/// Defaults: amazon-ecs-agent:agent/config/config.go.
struct DockerSettings {
  std::string socket_path = "/var/run/docker.sock";
  std::chrono::milliseconds create_timeout{
      std::chrono::minutes{4}};  ///< ECS_CONTAINER_CREATE_TIMEOUT
  std::chrono::milliseconds start_timeout{
      std::chrono::minutes{3}};  ///< ECS_CONTAINER_START_TIMEOUT
  std::chrono::milliseconds manifest_timeout{
      std::chrono::minutes{1}};  ///< ECS_MANIFEST_PULL_TIMEOUT
};

/// The socket path in a DOCKER_HOST: "unix:///var/run/docker.sock".
/// Errors: InvalidInput (another scheme, or no absolute path).
Result<std::string> parse_docker_host(std::string_view url);

}  // namespace longshore::runtime::docker
