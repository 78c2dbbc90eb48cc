#include "agent/control/payload.hpp"

#include <tuple>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/control/refusal.hpp"
#include "agent/control/to_task.hpp"
#include "agent/protocol/acs_frame.hpp"

namespace longshore::control {
namespace {

std::optional<RoleCredentials> to_optional_credentials(
    const std::optional<protocol::IamRoleCredentials>& wire) {
  if (!wire) return std::nullopt;
  return to_role_credentials(*wire);
}

Result<PayloadTask> to_payload_task(const protocol::AcsTask& wire) {
  const auto stop = wants_stop(wire);
  if (!stop) return fail(stop.error());
  auto spec = to_task(wire);
  if (!spec && *stop && !wire.arn.empty()) {
    spec = core::TaskSpec{.arn = TaskArn(wire.arn), .family = wire.family, .version = wire.version};
    return PayloadTask{.spec = *std::move(spec), .stop = true};
  }
  if (!spec) return fail(spec.error());
  return PayloadTask{.spec = *std::move(spec),
                     .stop = *stop,
                     .task_role = to_optional_credentials(wire.role_credentials),
                     .execution_role = to_optional_credentials(wire.execution_role_credentials)};
}

void warn_of_modes(const protocol::AcsTask& wire, const core::TaskSpec& spec) {
  for (const auto& [member, said, taken] : {std::tuple{"pidMode", &wire.pid_mode, &spec.pid_mode},
                                            {"ipcMode", &wire.ipc_mode, &spec.ipc_mode}}) {
    if (*said == *taken) continue;
    log_warn("ACS: a mode that nobody knows changes nothing",
             {{"task", task_id(spec.arn)}, {"member", member}, {"mode", *said}});
  }
}

}  // namespace

RoleCredentials to_role_credentials(const protocol::IamRoleCredentials& wire) {
  return {.credentials_id = wire.credentials_id,
          .role_arn = wire.role_arn,
          .access_key_id = wire.access_key_id,
          .secret_access_key = wire.secret_access_key,
          .session_token = wire.session_token,
          .expiration = wire.expiration.value_or("")};
}

PayloadTasks to_payload_tasks(const protocol::PayloadMessage& message) {
  PayloadTasks tasks;
  for (const protocol::AcsTask& wire : message.tasks) {
    auto task = to_payload_task(wire);
    if (task) {
      if (!task->stop) warn_of_modes(wire, task->spec);
      auto refusal = task->stop ? std::nullopt : find_misfit(wire);
      if (refusal) {
        tasks.bad.push_back({.arn = task->spec.arn, .reason = *std::move(refusal)});
      } else {
        tasks.good.push_back(*std::move(task));
      }
      continue;
    }
    if (task.error().code != ErrorCode::Conflict || wire.arn.empty()) tasks.complete = false;
    const std::string& cause = task.error().message;
    if (wire.arn.empty()) {
      log_warn("ACS: a task without an ARN is unusable", {{"error", cause}});
      continue;
    }
    // The misspelt name is the one the official agent sends, and consumers match it.
    tasks.bad.push_back({.arn = TaskArn(wire.arn),
                         .reason = "UnrecogniedTaskError: Error loading task - " + cause});
  }
  return tasks;
}

std::vector<std::string> payload_acknowledgements(const protocol::PayloadMessage& message) {
  std::vector<std::string> frames;
  const protocol::AckRequest ack{.cluster = message.cluster_arn,
                                 .container_instance = message.container_instance_arn,
                                 .message_id = message.message_id};
  frames.push_back(protocol::encode_frame(protocol::AckRequest::kType, ack.to_json()));
  const auto add = [&](const std::optional<protocol::IamRoleCredentials>& credentials) {
    if (!credentials || credentials->credentials_id.empty()) return;
    const protocol::IamRoleCredentialsAckRequest answer{
        .credentials_id = credentials->credentials_id,
        // Sent empty too, as official agents do here (and not with keys that come by themselves).
        .expiration = credentials->expiration.value_or(""),
        .message_id = message.message_id};
    frames.push_back(
        protocol::encode_frame(protocol::IamRoleCredentialsAckRequest::kType, answer.to_json()));
  };
  for (const protocol::AcsTask& task : message.tasks) {
    add(task.role_credentials);
    add(task.execution_role_credentials);
  }
  return frames;
}

}  // namespace longshore::control
