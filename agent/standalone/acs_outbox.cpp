#include "agent/standalone/acs_outbox.hpp"

#include <algorithm>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/task_payload.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

bool is_live(const Task& task) { return task.last_status != "STOPPED"; }

std::string cluster_arn_of(const ClusterState& state, const std::string& instance_arn) {
  const auto instance = state.instances.find(instance_arn);
  return instance == state.instances.end() ? std::string()
                                           : state.site.cluster_arn(instance->second.cluster);
}

}  // namespace

void AcsOutbox::push(Entry entry) {
  if (pending_.size() >= kMaxPending) pending_.pop_front();
  pending_.push_back(std::move(entry));
}

void AcsOutbox::add_tasks(ClusterState& state, std::vector<std::string> task_arns) {
  push({.kind = Kind::Tasks, .message_id = state.ids.uuid(), .task_arns = std::move(task_arns)});
}

std::string AcsOutbox::add_raw_tasks(ClusterState& state, json tasks) {
  std::string message_id = state.ids.uuid();
  push({.kind = Kind::RawTasks, .message_id = message_id, .raw_tasks = std::move(tasks)});
  return message_id;
}

void AcsOutbox::add_credentials(ClusterState& state, std::string task_arn, bool execution_role) {
  push({.kind = Kind::Credentials,
        .message_id = state.ids.uuid(),
        .task_arns = {std::move(task_arn)},
        .execution_role = execution_role});
}

void AcsOutbox::add_all_credentials(ClusterState& state) {
  for (const auto& [arn, task] : state.tasks) {
    if (task.instance_arn != instance_arn_ || !is_live(task)) continue;
    if (task.task_role) add_credentials(state, arn, false);
    if (task.execution_role) add_credentials(state, arn, true);
  }
}

json AcsOutbox::frame_of(const Entry& entry, const ClusterState& state, std::string_view origin,
                         const std::function<std::int64_t()>& next_seq_num) const {
  if (entry.kind == Kind::Credentials) {
    const auto task = state.tasks.find(entry.task_arns.front());
    if (task == state.tasks.end() || !is_live(task->second)) return nullptr;
    const auto& role = entry.execution_role ? task->second.execution_role : task->second.task_role;
    if (!role) return nullptr;
    return {{"type", "IAMRoleCredentialsMessage"},
            {"message",
             {{"messageId", entry.message_id},
              {"taskArn", task->first},
              {"taskClusterArn", state.site.cluster_arn(task->second.cluster)},
              {"roleType", entry.execution_role ? "TaskExecution" : "TaskApplication"},
              {"roleCredentials", credentials_payload(*role)}}}};
  }
  json tasks = json::array();
  if (entry.kind == Kind::RawTasks) {
    tasks = entry.raw_tasks;
  } else {
    for (const std::string& arn : entry.task_arns) {
      const auto task = state.tasks.find(arn);
      if (task == state.tasks.end() || !is_live(task->second)) continue;
      tasks.push_back(task_payload(task->second, state.site, origin));
    }
    if (tasks.empty()) return nullptr;
  }
  const std::int64_t seq_num = next_seq_num();
  return {{"type", "PayloadMessage"},
          {"message",
           {{"clusterArn", cluster_arn_of(state, instance_arn_)},
            {"containerInstanceArn", instance_arn_},
            {"messageId", entry.message_id},
            {"seqNum", seq_num},
            {"timeline", seq_num},
            {"tasks", std::move(tasks)}}}};
}

std::vector<json> AcsOutbox::take_due(const ClusterState& state, SteadyTime now,
                                      SteadyTime resend_before, std::string_view origin,
                                      const std::function<std::int64_t()>& next_seq_num) {
  std::vector<json> due;
  std::erase_if(pending_, [&](Entry& entry) {
    if (entry.sent && entry.sent_at > resend_before) return false;
    json frame = frame_of(entry, state, origin, next_seq_num);
    if (frame.is_null()) return true;
    entry.sent = true;
    entry.sent_at = now;
    due.push_back(std::move(frame));
    return false;
  });
  return due;
}

void AcsOutbox::forget_sending() {
  for (Entry& entry : pending_) entry.sent = false;
}

bool AcsOutbox::on_ack(std::string_view type, std::string_view message_id) {
  const bool credentials = type == "IAMRoleCredentialsAckRequest";
  return std::erase_if(pending_, [&](const Entry& entry) {
           // A payload's credentials are acknowledged under its own id too; that is not its ack.
           return entry.sent && entry.message_id == message_id &&
                  (entry.kind == Kind::Credentials) == credentials;
         }) > 0;
}

json manifest_frame(const ClusterState& state, const std::string& instance_arn,
                    const std::string& message_id, std::int64_t timeline) {
  json tasks = json::array();
  for (const auto& [arn, task] : state.tasks) {
    if (task.instance_arn != instance_arn || !is_live(task)) continue;
    tasks.push_back({{"taskArn", arn},
                     {"taskClusterArn", state.site.cluster_arn(task.cluster)},
                     {"desiredStatus", task.desired_status}});
  }
  const std::string cluster_arn = cluster_arn_of(state, instance_arn);
  for (const auto& [arn, desired_status] : state.raw_tasks) {
    if (desired_status == "STOPPED") continue;
    tasks.push_back(
        {{"taskArn", arn}, {"taskClusterArn", cluster_arn}, {"desiredStatus", desired_status}});
  }
  return {{"type", "TaskManifestMessage"},
          {"message",
           {{"clusterArn", cluster_arn},
            {"containerInstanceArn", instance_arn},
            {"messageId", message_id},
            {"timeline", timeline},
            {"tasks", std::move(tasks)}}}};
}

json stop_verification_frame(const ClusterState& state, const json& message) {
  json stop = json::array();
  for (const json& candidate : list_of(message, "stopCandidates")) {
    const auto task = state.tasks.find(text_of(candidate, "taskArn"));
    if (task != state.tasks.end() && task->second.desired_status != "STOPPED") continue;
    const auto raw = state.raw_tasks.find(text_of(candidate, "taskArn"));
    if (raw != state.raw_tasks.end() && raw->second != "STOPPED") continue;
    stop.push_back({{"taskArn", candidate["taskArn"]},
                    {"taskClusterArn", text_of(candidate, "taskClusterArn")},
                    {"desiredStatus", "STOPPED"}});
  }
  return {{"type", "TaskStopVerificationAck"},
          {"message", {{"messageId", text_of(message, "messageId")}, {"stopTasks", stop}}}};
}

}  // namespace longshore::standalone
