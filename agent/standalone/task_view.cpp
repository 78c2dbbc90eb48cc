#include <algorithm>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/task_payload.hpp"
#include "agent/standalone/views.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

void add_text(json& view, const char* name, const std::string& value) {
  if (!value.empty()) view[name] = value;
}

void add_time(json& view, const char* name, const std::optional<WallTime>& time) {
  if (time) view[name] = epoch_seconds(*time);
}

json describe_container(const Task& task, const TaskContainer& container, const json& definition) {
  json changes = json::object();
  for (const json& entry : list_of(task.overrides, "containerOverrides")) {
    if (text_of(entry, "name") == container.name) changes = entry;
  }
  const json effective = overridden_container(definition, changes);
  json view = {{"containerArn", container.arn},
               {"taskArn", task.arn},
               {"name", container.name},
               {"image", container.image},
               {"lastStatus", container.last_status},
               {"networkBindings", container.network_bindings},
               {"networkInterfaces", json::array()},
               {"healthStatus", container.health},
               {"cpu", std::to_string(whole_of(effective, "cpu"))}};
  // ECS shows these numbers as strings.
  for (const char* name : {"memory", "memoryReservation"}) {
    if (has_member(effective, name)) view[name] = std::to_string(whole_of(effective, name));
  }
  add_text(view, "imageDigest", container.image_digest);
  add_text(view, "runtimeId", container.runtime_id);
  add_text(view, "reason", container.reason);
  if (container.exit_code) view["exitCode"] = *container.exit_code;
  if (!container.managed_agents.empty()) view["managedAgents"] = container.managed_agents;
  return view;
}

/// UNHEALTHY if an essential container is; HEALTHY if every essential container with a health
/// check is; else UNKNOWN. Source: Amazon ECS API reference, Task.healthStatus.
std::string task_health(const Task& task) {
  bool any = false;
  bool all = true;
  const json& definitions = task.definition->document["containerDefinitions"];
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    if (!flag_of(definitions[i], "essential", true) || !has_member(definitions[i], "healthCheck")) {
      continue;
    }
    if (task.containers[i].health == "UNHEALTHY") return "UNHEALTHY";
    any = true;
    all = all && task.containers[i].health == "HEALTHY";
  }
  return any && all ? "HEALTHY" : "UNKNOWN";
}

json overrides_view(const Task& task) {
  json view = task.overrides;
  view.emplace("containerOverrides", json::array());
  // ECS names every container here, overridden or not.
  for (const TaskContainer& container : task.containers) {
    json& list = view["containerOverrides"];
    const bool named = std::any_of(list.begin(), list.end(), [&](const json& entry) {
      return text_of(entry, "name") == container.name;
    });
    if (!named) list.push_back({{"name", container.name}});
  }
  return view;
}

}  // namespace

json describe_task(const ClusterState& state, const Task& task, bool with_tags) {
  json view = {{"taskArn", task.arn},
               {"clusterArn", state.site.cluster_arn(task.cluster)},
               {"containerInstanceArn", task.instance_arn},
               {"taskDefinitionArn", task.definition->arn},
               {"availabilityZone", state.site.availability_zone()},
               {"attachments", json::array()},
               {"attributes", json::array()},
               {"lastStatus", task.last_status},
               {"desiredStatus", task.desired_status},
               {"healthStatus", task_health(task)},
               {"launchType", task.launch_type},
               {"group", task.group},
               {"cpu", std::to_string(task.takes.cpu_units)},
               {"memory", std::to_string(task.takes.memory_mib)},
               {"enableExecuteCommand", false},
               {"overrides", overrides_view(task)},
               {"containers", json::array()},
               {"createdAt", epoch_seconds(task.created_at)},
               {"tags", with_tags ? tag_list(task.tags) : json::array()},
               {"version", task.version}};
  const json& definitions = task.definition->document["containerDefinitions"];
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    view["containers"].push_back(describe_container(task, task.containers[i], definitions[i]));
  }
  const auto instance = state.instances.find(task.instance_arn);
  if (instance != state.instances.end()) {
    view["connectivity"] = instance->second.connected ? "CONNECTED" : "DISCONNECTED";
  }
  const json& platform = object_of(task.definition->document, "runtimePlatform");
  if (const std::string cpu = text_of(platform, "cpuArchitecture"); !cpu.empty()) {
    view["attributes"].push_back(
        {{"name", "ecs.cpu-architecture"}, {"value", cpu == "ARM64" ? "arm64" : "x86_64"}});
  }
  add_text(view, "startedBy", task.started_by);
  add_text(view, "stopCode", task.stop_code);
  add_text(view, "stoppedReason", task.stopped_reason);
  add_time(view, "pullStartedAt", task.pull_started_at);
  add_time(view, "pullStoppedAt", task.pull_stopped_at);
  add_time(view, "startedAt", task.started_at);
  add_time(view, "stoppingAt", task.stopping_at);
  add_time(view, "executionStoppedAt", task.execution_stopped_at);
  add_time(view, "stoppedAt", task.stopped_at);
  return view;
}

}  // namespace longshore::standalone
