#include "agent/standalone/role_credentials.hpp"

#include <algorithm>
#include <cctype>

namespace longshore::standalone {
namespace {

/// AWS's own form: "ASIA" marks temporary keys, sixteen capitals and digits follow.
std::string access_key_id(IdSequence& ids) {
  std::string key = "ASIA" + ids.hex().substr(0, 16);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return key;
}

void renew(RoleCredentials& credentials, IdSequence& ids, WallTime now) {
  credentials.access_key_id = access_key_id(ids);
  credentials.secret_access_key = Secret(ids.hex());
  credentials.session_token = Secret(ids.hex());
  credentials.expiration = now + kCredentialsLife;
}

}  // namespace

RoleCredentials make_credentials(IdSequence& ids, const std::string& role_arn, WallTime now) {
  RoleCredentials credentials;
  credentials.id = ids.uuid();
  credentials.role_arn = role_arn;
  renew(credentials, ids, now);
  return credentials;
}

std::vector<RenewedCredentials> renew_credentials(ClusterState& state, WallTime now) {
  std::vector<RenewedCredentials> renewed;
  for (auto& [arn, task] : state.tasks) {
    if (task.last_status == "STOPPED") continue;
    for (auto* role : {&task.task_role, &task.execution_role}) {
      if (!*role || (*role)->expiration - kRenewBefore > now) continue;
      renew(**role, state.ids, now);
      renewed.push_back({arn, role == &task.execution_role});
    }
  }
  return renewed;
}

}  // namespace longshore::standalone
