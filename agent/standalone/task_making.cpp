#include "agent/standalone/task_making.hpp"

#include <algorithm>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/placement.hpp"
#include "agent/standalone/role_credentials.hpp"
#include "agent/standalone/task_payload.hpp"
#include "agent/standalone/task_size.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

/// Checks one containerOverrides entry against the container it names.
std::optional<std::string> broken_override(const TaskDefinition& definition, const json& entry,
                                           const std::string& path) {
  const json& containers = definition.document["containerDefinitions"];
  const auto found = std::find_if(containers.begin(), containers.end(), [&](const json& container) {
    return container["name"] == entry["name"];
  });
  if (found == containers.end()) {
    return fmt::format("{}.name: no container {} in {}", path, entry["name"].dump(),
                       definition.arn);
  }
  const json merged = overridden_container(*found, entry);
  const std::int64_t hard = whole_of(merged, "memory");
  if (hard > 0 && whole_of(merged, "memoryReservation") > hard) {
    return path + ": memoryReservation is more than memory";
  }
  return std::nullopt;
}

std::optional<std::string> settle_overrides(const TaskDefinition& definition, json& overrides) {
  const json& entries = list_of(overrides, "containerOverrides");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string path = fmt::format("overrides.containerOverrides[{}]", i);
    if (auto mistake = broken_override(definition, entries[i], path)) return mistake;
  }
  if (const std::string cpu = text_of(overrides, "cpu"); !cpu.empty()) {
    const auto units = parse_task_cpu(cpu);
    if (!units) return "overrides.cpu: expected units (\"256\") or vCPUs (\"0.25 vCPU\")";
    overrides["cpu"] = std::to_string(*units);
  }
  if (const std::string memory = text_of(overrides, "memory"); !memory.empty()) {
    const auto mib = parse_task_memory(memory);
    if (!mib) return "overrides.memory: expected MiB (\"512\") or GB (\"0.5 GB\")";
    overrides["memory"] = std::to_string(*mib);
  }
  return std::nullopt;
}

std::optional<RoleCredentials> role_of(ClusterState& state, const Task& task, const char* member,
                                       WallTime now) {
  const std::string arn =
      text_of(task.overrides, member, text_of(task.definition->document, member));
  if (arn.empty()) return std::nullopt;
  return make_credentials(state.ids, arn, now);
}

}  // namespace

ApiResult<TaskRequest> read_task_request(ClusterState& state, const json& request) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  TaskRequest task;
  task.cluster = (*cluster)->name;
  task.definition = find_definition(state, text_of(request, "taskDefinition"));
  if (!task.definition) return client_error("TaskDefinition not found.");
  if (!task.definition->active) return client_error("TaskDefinition is inactive");
  task.overrides = object_of(request, "overrides");
  if (auto mistake = settle_overrides(*task.definition, task.overrides)) {
    return invalid_parameter("{}", *mistake);
  }
  task.launch_type = text_of(request, "launchType", "EC2");
  task.group = text_of(request, "group", "family:" + task.definition->family);
  task.started_by = text_of(request, "startedBy");
  if (text_of(request, "propagateTags") == "TASK_DEFINITION") task.tags = task.definition->tags;
  for (auto& [key, value] : read_tags(list_of(request, "tags"))) task.tags[key] = value;
  if (flag_of(request, "enableECSManagedTags")) task.tags["aws:ecs:clusterName"] = task.cluster;
  task.needs = resources_of(*task.definition, task.overrides);
  return task;
}

Task& make_task(ClusterState& state, const TaskRequest& request, const std::string& instance_arn,
                CallContext& context) {
  const std::string id = state.ids.hex();
  Task task;
  task.arn = state.site.task_arn(request.cluster, id);
  task.cluster = request.cluster;
  task.instance_arn = instance_arn;
  task.definition = request.definition;
  task.overrides = request.overrides;
  task.launch_type = request.launch_type;
  task.group = request.group;
  task.started_by = request.started_by;
  task.tags = request.tags;
  task.takes = request.needs;
  task.created_at = context.now;
  task.task_role = role_of(state, task, "taskRoleArn", context.now);
  task.execution_role = role_of(state, task, "executionRoleArn", context.now);
  for (const json& definition : request.definition->document["containerDefinitions"]) {
    TaskContainer container;
    container.name = text_of(definition, "name");
    container.image = text_of(definition, "image");
    container.arn = state.site.container_arn(request.cluster, id, state.ids.uuid());
    task.containers.push_back(std::move(container));
  }
  context.effects.deliveries.push_back({instance_arn, {task.arn}});
  return state.tasks[task.arn] = std::move(task);
}

std::size_t task_room(const ClusterState& state) {
  const auto live = static_cast<std::size_t>(
      std::count_if(state.tasks.begin(), state.tasks.end(),
                    [](const auto& entry) { return entry.second.last_status != "STOPPED"; }));
  return live >= kMaxLiveTasks ? 0 : kMaxLiveTasks - live;
}

}  // namespace longshore::standalone
