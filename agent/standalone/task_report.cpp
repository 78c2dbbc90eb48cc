#include "agent/standalone/task_report.hpp"

#include <algorithm>

#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

int rank(std::string_view status) { return status == "STOPPED" ? 2 : status == "RUNNING" ? 1 : 0; }

TaskContainer* find_container(Task& task, const std::string& name) {
  for (TaskContainer& container : task.containers) {
    if (container.name == name) return &container;
  }
  return nullptr;
}

void apply_to_container(TaskContainer& container, const json& change) {
  const std::string status = text_of(change, "status", container.last_status);
  if (rank(status) > rank(container.last_status)) container.last_status = status;
  container.runtime_id = text_of(change, "runtimeId", container.runtime_id);
  container.image_digest = text_of(change, "imageDigest", container.image_digest);
  container.reason = text_of(change, "reason", container.reason);
  if (const json* code = find_member(change, "exitCode")) container.exit_code = code->get<int>();
  if (const json* ports = find_member(change, "networkBindings")) {
    container.network_bindings = *ports;
  }
}

void apply_to_managed_agent(TaskContainer& container, const json& change) {
  json view = {{"name", change["managedAgentName"]},
               {"lastStatus", change["status"]},
               {"reason", text_of(change, "reason")}};
  for (json& known : container.managed_agents) {
    if (known["name"] == view["name"]) {
      known = std::move(view);
      return;
    }
  }
  container.managed_agents.push_back(std::move(view));
}

/// Why a task that nobody stopped is at its end.
void explain_end(Task& task, const std::string& agents_reason) {
  if (!task.stop_code.empty()) return;  // StopTask said it already.
  const json& definitions = task.definition->document["containerDefinitions"];
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    // An exit code means that the process ran; a container that could not start has none.
    if (flag_of(definitions[i], "essential", true) && task.containers[i].exit_code) {
      task.stop_code = "EssentialContainerExited";
      task.stopped_reason = "Essential container in task exited";
      return;
    }
  }
  if (task.started_at) {
    task.stop_code = "EssentialContainerExited";
    task.stopped_reason =
        agents_reason.empty() ? "Essential container in task exited" : agents_reason;
    return;
  }
  task.stop_code = "TaskFailedToStart";
  task.stopped_reason = agents_reason.empty() ? "Task failed to start" : agents_reason;
}

void apply_status(Task& task, const std::string& status, const std::string& reason, WallTime now) {
  if (rank(status) <= rank(task.last_status)) return;
  task.last_status = status;
  if (status == "RUNNING") task.started_at = now;
  if (status != "STOPPED") return;
  if (!task.stopping_at) task.stopping_at = now;
  explain_end(task, reason);
  task.desired_status = "STOPPED";
  task.stopped_at = now;
  for (TaskContainer& container : task.containers) container.last_status = "STOPPED";
}

/// nullptr for a task that a test route sent, of which only the report itself is of interest.
ApiResult<Task*> reported_task(ClusterState& state, const json& report) {
  auto cluster = find_cluster(state, text_of(report, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  const std::string arn = text_of(report, "task");
  Task* task = find_task(state, **cluster, arn);
  if (task == nullptr && !state.raw_tasks.contains(arn)) {
    return invalid_parameter("The referenced task was not found.");
  }
  return task;
}

json acknowledged() { return {{"acknowledgment", "ok"}}; }

}  // namespace

ApiResult<json> apply_task_report(ClusterState& state, const json& report, WallTime now) {
  auto found = reported_task(state, report);
  if (!found) return refuse(std::move(found).error());
  if (*found == nullptr) {
    if (text_of(report, "status") == "STOPPED")
      state.raw_tasks[text_of(report, "task")] = "STOPPED";
    return acknowledged();
  }
  Task& task = **found;
  const std::string status = text_of(report, "status");
  if (task.last_status == "STOPPED") {
    if (status == "STOPPED" || status.empty()) return acknowledged();
    return invalid_parameter("The task is STOPPED and cannot become {}.", status);
  }
  const json& changes = list_of(report, "containers");
  for (const json& change : changes) {
    if (find_container(task, text_of(change, "containerName")) == nullptr) {
      return invalid_parameter("The task has no container {}.", change["containerName"].dump());
    }
  }
  for (const json& change : changes) {
    apply_to_container(*find_container(task, text_of(change, "containerName")), change);
  }
  for (const json& change : list_of(report, "managedAgents")) {
    if (TaskContainer* container = find_container(task, text_of(change, "containerName"))) {
      apply_to_managed_agent(*container, change);
    }
  }
  for (const auto& [member, time] : {std::pair{"pullStartedAt", &task.pull_started_at},
                                     {"pullStoppedAt", &task.pull_stopped_at},
                                     {"executionStoppedAt", &task.execution_stopped_at}}) {
    if (const json* seconds = find_member(report, member)) *time = from_epoch_seconds(*seconds);
  }
  apply_status(task, status, text_of(report, "reason"), now);
  ++task.version;
  return acknowledged();
}

ApiResult<json> apply_container_report(ClusterState& state, const json& report) {
  auto task = reported_task(state, report);
  if (!task) return refuse(std::move(task).error());
  if (*task == nullptr) return acknowledged();
  TaskContainer* container = find_container(**task, text_of(report, "containerName"));
  if (container == nullptr) {
    return invalid_parameter("The task has no container \"{}\".", text_of(report, "containerName"));
  }
  if ((*task)->last_status == "STOPPED") {
    return invalid_parameter("The task is STOPPED; its containers do not change.");
  }
  apply_to_container(*container, report);
  ++(*task)->version;
  return acknowledged();
}

}  // namespace longshore::standalone
