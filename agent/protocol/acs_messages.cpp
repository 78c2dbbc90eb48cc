#include "agent/protocol/acs_messages.hpp"

#include <fmt/format.h>

namespace longshore::protocol {
namespace {

std::string text(const JsonReader& reader, std::string_view member) {
  return reader.string(member).value_or("");
}

template <typename Entry>
std::vector<Entry> entries(const JsonReader& reader, std::string_view member, std::size_t limit) {
  const auto found = reader.get(member);
  if (!found) return {};
  const auto items = found->items();
  if (items.size() > limit) {
    found->reject(fmt::format("at most {} entries, got {}", limit, items.size()));
  }
  std::vector<Entry> values;
  values.reserve(items.size());
  for (const JsonReader& item : items) values.push_back(Entry::read(item));
  return values;
}

}  // namespace

HeartbeatMessage HeartbeatMessage::read(const JsonReader& reader) {
  static_cast<void>(reader.boolean("healthy"));
  return {.message_id = reader.string("messageId")};
}

PayloadMessage PayloadMessage::read(const JsonReader& reader) {
  static_cast<void>(reader.integer("generatedAt"));
  static_cast<void>(reader.integer("timeline"));
  return {.cluster_arn = text(reader, "clusterArn"),
          .container_instance_arn = text(reader, "containerInstanceArn"),
          .message_id = text(reader, "messageId"),
          .seq_num = reader.integer("seqNum"),
          .tasks = entries<AcsTask>(reader, "tasks", kMaxPayloadTasks)};
}

IamRoleCredentialsMessage IamRoleCredentialsMessage::read(const JsonReader& reader) {
  static_cast<void>(reader.string("taskClusterArn"));
  IamRoleCredentialsMessage message{.message_id = text(reader, "messageId"),
                                    .task_arn = text(reader, "taskArn"),
                                    .role_type = text(reader, "roleType")};
  if (const auto credentials = reader.get("roleCredentials")) {
    message.role_credentials = IamRoleCredentials::read(*credentials);
  }
  return message;
}

TaskIdentifier TaskIdentifier::read(const JsonReader& reader) {
  return {.task_arn = text(reader, "taskArn"),
          .task_cluster_arn = text(reader, "taskClusterArn"),
          .desired_status = text(reader, "desiredStatus")};
}

TaskManifestMessage TaskManifestMessage::read(const JsonReader& reader) {
  static_cast<void>(reader.integer("generatedAt"));
  return {.cluster_arn = text(reader, "clusterArn"),
          .container_instance_arn = text(reader, "containerInstanceArn"),
          .message_id = text(reader, "messageId"),
          .timeline = reader.integer("timeline").value_or(0),
          .tasks = entries<TaskIdentifier>(reader, "tasks", kMaxManifestTasks)};
}

TaskStopVerificationAck TaskStopVerificationAck::read(const JsonReader& reader) {
  static_cast<void>(reader.integer("generatedAt"));
  return {.message_id = text(reader, "messageId"),
          .stop_tasks = entries<TaskIdentifier>(reader, "stopTasks", kMaxManifestTasks)};
}

UpdateMessage UpdateMessage::read(const JsonReader& reader) {
  return {.cluster_arn = text(reader, "clusterArn"),
          .container_instance_arn = text(reader, "containerInstanceArn"),
          .message_id = reader.string("messageId")};
}

nlohmann::json HeartbeatAckRequest::to_json() const {
  auto json = nlohmann::json::object();
  if (message_id) json["messageId"] = *message_id;
  return json;
}

nlohmann::json AckRequest::to_json() const {
  return {
      {"cluster", cluster}, {"containerInstance", container_instance}, {"messageId", message_id}};
}

nlohmann::json NackRequest::to_json() const {
  return {{"cluster", cluster},
          {"containerInstance", container_instance},
          {"messageId", message_id},
          {"reason", reason}};
}

nlohmann::json IamRoleCredentialsAckRequest::to_json() const {
  nlohmann::json json{{"credentialsId", credentials_id}, {"messageId", message_id}};
  if (expiration) json["expiration"] = *expiration;
  return json;
}

nlohmann::json TaskStopVerificationMessage::to_json() const {
  auto candidates = nlohmann::json::array();
  for (const TaskIdentifier& task : stop_candidates) {
    candidates.push_back({{"taskArn", task.task_arn},
                          {"taskClusterArn", task.task_cluster_arn},
                          {"desiredStatus", task.desired_status}});
  }
  return {{"messageId", message_id}, {"stopCandidates", std::move(candidates)}};
}

}  // namespace longshore::protocol
