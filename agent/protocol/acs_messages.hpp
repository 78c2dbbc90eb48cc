#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json_reader.hpp"
#include "agent/protocol/acs_task.hpp"

/// Messages of ACS: those this agent handles, and its answers. Read them with decode<T>() of
/// decode.hpp, send them with encode_frame(T::kType, to_json()).
/// Source: amazon-ecs-agent:ecs-agent/acs/model/api/api-2.json.
namespace longshore::protocol {

/// More tasks than this in one message make it undecodable.
inline constexpr std::size_t kMaxPayloadTasks = 1'000;
/// The same for a manifest, whose entries are small.
inline constexpr std::size_t kMaxManifestTasks = 10'000;

/// "Are you there?" Anything but an answer at once makes the server hang up.
struct HeartbeatMessage {
  std::optional<std::string> message_id{};
  static HeartbeatMessage read(const JsonReader& reader);
};

/// Tasks to start and to stop.
struct PayloadMessage {
  std::string cluster_arn{};
  std::string container_instance_arn{};
  std::string message_id{};
  std::optional<std::int64_t> seq_num{};
  std::vector<AcsTask> tasks{};
  static PayloadMessage read(const JsonReader& reader);
};

/// New keys for a role of a known task. On the wire: IAMRoleCredentialsMessage.
struct IamRoleCredentialsMessage {
  std::string message_id{};
  std::string task_arn{};
  std::string role_type{};
  std::optional<IamRoleCredentials> role_credentials{};
  static IamRoleCredentialsMessage read(const JsonReader& reader);
};

/// A task of a manifest or of a stop verification.
struct TaskIdentifier {
  std::string task_arn{};
  std::string task_cluster_arn{};
  std::string desired_status{};
  static TaskIdentifier read(const JsonReader& reader);
};

/// All tasks that should be on this host.
struct TaskManifestMessage {
  std::string cluster_arn{};
  std::string container_instance_arn{};
  std::string message_id{};
  std::int64_t timeline = 0;
  std::vector<TaskIdentifier> tasks{};
  static TaskManifestMessage read(const JsonReader& reader);
};

/// Which of the proposed tasks are to be stopped.
struct TaskStopVerificationAck {
  std::string message_id{};
  std::vector<TaskIdentifier> stop_tasks{};
  static TaskStopVerificationAck read(const JsonReader& reader);
};

/// "Fetch another release of the agent", and "run it". On the wire: StageUpdateMessage,
/// PerformUpdateMessage.
struct UpdateMessage {
  std::string cluster_arn{};
  std::string container_instance_arn{};
  std::optional<std::string> message_id{};
  static UpdateMessage read(const JsonReader& reader);
};

/// Answers a heartbeat.
struct HeartbeatAckRequest {
  static constexpr const char* kType = "HeartbeatAckRequest";
  std::optional<std::string> message_id{};
  nlohmann::json to_json() const;
};

/// Takes a message off the sender's list. Cluster and instance are the message's own ARNs.
struct AckRequest {
  static constexpr const char* kType = "AckRequest";
  std::string cluster{};
  std::string container_instance{};
  std::string message_id{};
  nlohmann::json to_json() const;
};

/// Says that a message will not be acted on, and why.
struct NackRequest {
  static constexpr const char* kType = "NackRequest";
  std::string cluster{};
  std::string container_instance{};
  std::string message_id{};
  std::string reason{};
  nlohmann::json to_json() const;
};

/// Says that a role's keys were stored. On the wire: IAMRoleCredentialsAckRequest.
struct IamRoleCredentialsAckRequest {
  static constexpr const char* kType = "IAMRoleCredentialsAckRequest";
  std::string credentials_id{};
  std::optional<std::string> expiration{};
  std::string message_id{};
  nlohmann::json to_json() const;
};

/// Asks whether tasks that a manifest does not want may really be stopped.
struct TaskStopVerificationMessage {
  static constexpr const char* kType = "TaskStopVerificationMessage";
  std::string message_id{};
  std::vector<TaskIdentifier> stop_candidates{};
  nlohmann::json to_json() const;
};

}  // namespace longshore::protocol
