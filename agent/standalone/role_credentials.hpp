#pragma once

#include <string>
#include <vector>

#include "agent/standalone/cluster_state.hpp"

namespace longshore::standalone {

/// Fresh credentials for a role, good for kCredentialsLife.
RoleCredentials make_credentials(IdSequence& ids, const std::string& role_arn, WallTime now);

struct RenewedCredentials {
  std::string task_arn{};
  bool execution_role = false;  ///< Else the task role.
};

/// Gives new keys, under the same id, to every role of a live task whose keys end within
/// kRenewBefore (containers keep asking for the id they were started with). Returns whose.
std::vector<RenewedCredentials> renew_credentials(ClusterState& state, WallTime now);

}  // namespace longshore::standalone
