#include "agent/standalone/telemetry_state.hpp"

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/shape.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

constexpr Shape kObject = open_object_shape({});
// Ten tasks a message is what agents keep to (aws/amazon-ecs-agent ecs-agent/tcs/client/client.go).
constexpr std::int64_t kMaxTasksPerMessage = 10;

constexpr Member kMetricMembers[] = {{"taskArn", &kName, true},
                                     {"taskDefinitionFamily", &kName, true},
                                     {"taskDefinitionVersion", &kName, true}};
constexpr Shape kMetric = open_object_shape(kMetricMembers);
constexpr Shape kMetrics = list_shape(kMetric, 0, kMaxTasksPerMessage);
constexpr Member kMetricsMetadataMembers[] = {{"cluster", &kName, true},
                                              {"containerInstance", &kName, true},
                                              {"idle", &kFlag, true},
                                              {"messageId", &kName, true},
                                              {"fin", &kFlag, true}};
constexpr Shape kMetricsMetadata = open_object_shape(kMetricsMetadataMembers);
constexpr Member kPublishMetricsMembers[] = {{"metadata", &kMetricsMetadata, true},
                                             {"timestamp", &kNumber, true},
                                             {"taskMetrics", &kMetrics}};
constexpr Shape kPublishMetrics = open_object_shape(kPublishMetricsMembers);

constexpr std::string_view kHealthNames[] = {"HEALTHY", "UNHEALTHY", "UNKNOWN"};
constexpr Shape kHealth = choice_shape(kHealthNames);
constexpr Member kContainerMembers[] = {
    {"containerName", &kName, true}, {"healthStatus", &kHealth, true}, {"statusSince", &kNumber}};
constexpr Shape kContainer = open_object_shape(kContainerMembers);
constexpr Shape kContainers = list_shape(kContainer);
constexpr Member kTaskMembers[] = {{"taskArn", &kName, true}, {"containers", &kContainers, true}};
constexpr Shape kTask = open_object_shape(kTaskMembers);
constexpr Shape kTasks = list_shape(kTask, 0, kMaxTasksPerMessage);
constexpr Member kPublishHealthMembers[] = {
    {"metadata", &kObject, true}, {"timestamp", &kNumber, true}, {"tasks", &kTasks, true}};
constexpr Shape kPublishHealth = open_object_shape(kPublishHealthMembers);

constexpr std::string_view kStatusNames[] = {"OK", "IMPAIRED", "INSUFFICIENT_DATA", "INITIALIZING"};
constexpr Shape kStatusText = choice_shape(kStatusNames);
constexpr Member kStatusMembers[] = {{"type", &kName, true},
                                     {"status", &kStatusText, true},
                                     {"lastUpdated", &kNumber},
                                     {"lastStatusChange", &kNumber}};
constexpr Shape kStatus = open_object_shape(kStatusMembers);
constexpr Shape kStatuses = list_shape(kStatus, 0, 100);
constexpr Member kPublishStatusMembers[] = {
    {"metadata", &kObject, true}, {"timestamp", &kNumber, true}, {"statuses", &kStatuses, true}};
constexpr Shape kPublishStatus = open_object_shape(kPublishStatusMembers);

void apply_metrics(ClusterState& state, const json& message) {
  for (const json& metric : list_of(message, "taskMetrics")) {
    const auto task = state.tasks.find(text_of(metric, "taskArn"));
    if (task != state.tasks.end()) task->second.metrics = metric;
  }
}

void apply_health(ClusterState& state, const json& message) {
  for (const json& entry : message["tasks"]) {
    const auto task = state.tasks.find(text_of(entry, "taskArn"));
    if (task == state.tasks.end()) continue;
    for (const json& health : entry["containers"]) {
      for (TaskContainer& container : task->second.containers) {
        if (container.name == text_of(health, "containerName")) {
          container.health = text_of(health, "healthStatus");
        }
      }
    }
  }
}

void apply_instance_status(ClusterState& state, const std::string& instance_arn,
                           const json& message) {
  const auto instance = state.instances.find(instance_arn);
  if (instance == state.instances.end()) return;
  for (const json& status : message["statuses"]) {
    instance->second.health[text_of(status, "type")] = status;
  }
}

}  // namespace

ApiResult<std::string> apply_telemetry(ClusterState& state, const std::string& instance_arn,
                                       const std::string& type, const json& raw) {
  const json message = without_nulls(raw);
  const auto broken = [&](const Shape& shape) { return find_mistake(shape, message); };
  if (type == "PublishMetricsRequest") {
    if (auto mistake = broken(kPublishMetrics)) return client_error("{}", *mistake);
    apply_metrics(state, message);
    return "AckPublishMetric";
  }
  if (type == "PublishHealthRequest") {
    if (auto mistake = broken(kPublishHealth)) return client_error("{}", *mistake);
    apply_health(state, message);
    return "AckPublishHealth";
  }
  if (type == "PublishInstanceStatusRequest") {
    if (auto mistake = broken(kPublishStatus)) return client_error("{}", *mistake);
    apply_instance_status(state, instance_arn, message);
    return "AckPublishInstanceStatus";
  }
  return client_error("{}: not a message of agents", type);
}

}  // namespace longshore::standalone
