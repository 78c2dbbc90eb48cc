#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/placement.hpp"
#include "agent/standalone/views.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

json integer_resource(const char* name, std::int64_t value) {
  return {{"name", name},
          {"type", "INTEGER"},
          {"doubleValue", 0.0},
          {"longValue", 0},
          {"integerValue", value}};
}

json ports_resource(const char* name, const std::set<int>& ports) {
  json texts = json::array();
  for (const int port : ports) texts.push_back(std::to_string(port));
  return {{"name", name},   {"type", "STRINGSET"}, {"doubleValue", 0.0},
          {"longValue", 0}, {"integerValue", 0},   {"stringSetValue", texts}};
}

json resource_list(const Resources& resources) {
  return json::array({integer_resource("CPU", resources.cpu_units),
                      integer_resource("MEMORY", resources.memory_mib),
                      ports_resource("PORTS", resources.tcp_ports),
                      ports_resource("PORTS_UDP", resources.udp_ports)});
}

const char* status_text(ContainerInstance::Status status) {
  switch (status) {
    case ContainerInstance::Status::Active:
      return "ACTIVE";
    case ContainerInstance::Status::Draining:
      return "DRAINING";
    case ContainerInstance::Status::Inactive:
      return "INACTIVE";
  }
  return "INACTIVE";
}

/// From the InstanceStatus entries of TCS: the API knows the type ContainerRuntime as
/// CONTAINER_RUNTIME, and no other.
json health_view(const json& health) {
  const json* runtime = find_member(health, "ContainerRuntime");
  if (runtime == nullptr) {
    return {{"overallStatus", "INSUFFICIENT_DATA"}, {"details", json::array()}};
  }
  json detail = {{"type", "CONTAINER_RUNTIME"}};
  for (const char* name : {"status", "lastUpdated", "lastStatusChange"}) {
    if (const json* value = find_member(*runtime, name)) detail[name] = *value;
  }
  return {{"overallStatus", text_of(*runtime, "status", "INSUFFICIENT_DATA")},
          {"details", json::array({detail})}};
}

}  // namespace

json describe_instance(const ClusterState& state, const ContainerInstance& instance, bool with_tags,
                       bool with_health) {
  int running = 0;
  int pending = 0;
  for (const auto& [arn, task] : state.tasks) {
    if (task.instance_arn != instance.arn) continue;
    running += task.last_status == "RUNNING" ? 1 : 0;
    pending += task.last_status == "PENDING" ? 1 : 0;
  }
  json attributes = json::array();
  for (const auto& [name, value] : instance.attributes) {
    json attribute = {{"name", name}};
    if (!value.empty()) attribute["value"] = value;
    attributes.push_back(std::move(attribute));
  }
  json view = {{"containerInstanceArn", instance.arn},
               {"version", instance.version},
               {"versionInfo", instance.version_info},
               {"registeredResources", resource_list(instance.offers)},
               {"remainingResources", resource_list(remaining_resources(state, instance))},
               {"status", status_text(instance.status)},
               {"agentConnected", instance.connected},
               {"runningTasksCount", running},
               {"pendingTasksCount", pending},
               {"attributes", std::move(attributes)},
               {"attachments", json::array()},
               {"registeredAt", epoch_seconds(instance.registered_at)},
               {"tags", with_tags ? tag_list(instance.tags) : json::array()}};
  if (!instance.ec2_instance_id.empty()) view["ec2InstanceId"] = instance.ec2_instance_id;
  if (with_health) view["healthStatus"] = health_view(instance.health);
  return view;
}

}  // namespace longshore::standalone
