#pragma once

#include <string>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"

namespace longshore::control {

/// What an agent tells about itself in the address of its ACS connection. Version, hash and the
/// engine's version are told nowhere else.
struct AcsQuery {
  std::string cluster{};  ///< As configured: name or ARN.
  ContainerInstanceArn container_instance{};
  std::string agent_version{};
  std::string agent_hash{};
  std::string docker_version{};   ///< The engine's version ("24.0.5"); empty: not known, not sent.
  bool send_credentials = false;  ///< Ask for the current credentials of every task.
};

/// "wss://<host>/ws?agentHash=…": parameters sorted, form-encoded (a space is '+'). http becomes ws
/// and https wss; another scheme is InvalidInput.
/// Source: amazon-ecs-agent:ecs-agent/acs/session/session.go.
Result<std::string> acs_url(const std::string& endpoint, const AcsQuery& query);

}  // namespace longshore::control
