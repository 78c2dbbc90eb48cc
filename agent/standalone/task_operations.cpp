#include <algorithm>
#include <array>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/placement.hpp"
#include "agent/standalone/task_making.hpp"
#include "agent/standalone/task_request_shape.hpp"
#include "agent/standalone/views.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

json tasks_answer(const ClusterState& state, const std::vector<std::string>& arns, json failures) {
  json tasks = json::array();
  for (const std::string& arn : arns) {
    const auto task = state.tasks.find(arn);
    if (task != state.tasks.end()) tasks.push_back(describe_task(state, task->second, true));
  }
  return {{"tasks", std::move(tasks)}, {"failures", std::move(failures)}};
}

/// The first instance the task fits on; why it fits on none goes to `failures`.
const ContainerInstance* place(const ClusterState& state, const TaskRequest& request,
                               json& failures) {
  json reasons = json::array();
  for (const auto& [arn, instance] : state.instances) {
    if (instance.cluster != request.cluster ||
        instance.status != ContainerInstance::Status::Active) {
      continue;
    }
    const auto misfit = find_misfit(state, instance, *request.definition, request.needs);
    if (!misfit) return &instance;
    reasons.push_back(failure(arn, misfit->reason, misfit->detail));
  }
  failures.insert(failures.end(), reasons.begin(), reasons.end());
  return nullptr;
}

ApiResult<json> run_task(ClusterState& state, const json& request, CallContext& context) {
  forget_old_tasks(state, context.now);
  auto wanted = read_task_request(state, request);
  if (!wanted) return refuse(std::move(wanted).error());
  const std::string token = text_of(request, "clientToken");
  if (const auto before = state.run_tokens.find(token);
      !token.empty() && before != state.run_tokens.end()) {
    return tasks_answer(state, before->second, json::array());
  }
  const bool any_instance =
      std::any_of(state.instances.begin(), state.instances.end(), [&](const auto& entry) {
        return entry.second.cluster == wanted->cluster &&
               entry.second.status == ContainerInstance::Status::Active;
      });
  if (!any_instance) {
    return invalid_parameter("No Container Instances were found in your cluster.");
  }
  const auto count = static_cast<std::size_t>(whole_of(request, "count", 1));
  if (count > task_room(state)) return client_error("no more than {} live tasks", kMaxLiveTasks);
  std::vector<std::string> arns;
  json failures = json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const ContainerInstance* instance = place(state, *wanted, failures);
    if (instance == nullptr) break;  // What one task did not find, the next will not either.
    arns.push_back(make_task(state, *wanted, instance->arn, context).arn);
  }
  if (!token.empty() && !arns.empty()) state.run_tokens[token] = arns;
  return tasks_answer(state, arns, std::move(failures));
}

ApiResult<json> start_task(ClusterState& state, const json& request, CallContext& context) {
  forget_old_tasks(state, context.now);
  auto wanted = read_task_request(state, request);
  if (!wanted) return refuse(std::move(wanted).error());
  const json& names = request["containerInstances"];
  if (names.size() > task_room(state)) {
    return client_error("no more than {} live tasks", kMaxLiveTasks);
  }
  std::vector<std::string> arns;
  json failures = json::array();
  for (const json& name : names) {
    const ContainerInstance* instance =
        find_instance(state, state.clusters[wanted->cluster], name.get<std::string>());
    if (instance == nullptr) {
      failures.push_back(failure(name.get<std::string>(), "MISSING"));
      continue;
    }
    if (auto misfit = find_misfit(state, *instance, *wanted->definition, wanted->needs)) {
      failures.push_back(failure(instance->arn, misfit->reason, misfit->detail));
      continue;
    }
    arns.push_back(make_task(state, *wanted, instance->arn, context).arn);
  }
  return tasks_answer(state, arns, std::move(failures));
}

ApiResult<json> stop_task(ClusterState& state, const json& request, CallContext& context) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  Task* task = find_task(state, **cluster, text_of(request, "task"));
  if (task == nullptr) return invalid_parameter("The referenced task was not found.");
  if (task->desired_status != "STOPPED") {
    task->desired_status = "STOPPED";
    task->stop_code = "UserInitiated";
    task->stopped_reason = text_of(request, "reason", "Task stopped by user");
    task->stopping_at = context.now;
    ++task->version;
    context.effects.deliveries.push_back({task->instance_arn, {task->arn}});
  }
  return json{{"task", describe_task(state, *task, true)}};
}

ApiResult<json> describe_tasks(ClusterState& state, const json& request, CallContext& context) {
  forget_old_tasks(state, context.now);
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  json tasks = json::array();
  json failures = json::array();
  for (const json& name : request["tasks"]) {
    const auto id = name.get<std::string>();
    if (const Task* task = find_task(state, **cluster, id)) {
      tasks.push_back(describe_task(state, *task, includes(request, "TAGS")));
    } else {
      const std::string arn = state.site.task_arn((*cluster)->name, last_segment(id));
      failures.push_back(failure(arn, "MISSING"));
    }
  }
  return json{{"tasks", std::move(tasks)}, {"failures", std::move(failures)}};
}

ApiResult<json> list_tasks(ClusterState& state, const json& request, CallContext& context) {
  forget_old_tasks(state, context.now);
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  const std::string desired = text_of(request, "desiredStatus", "RUNNING");
  const auto wanted = [&](const char* filter, const std::string& value) {
    return text_of(request, filter, value) == value;
  };
  std::vector<std::string> arns;
  for (const auto& [arn, task] : state.tasks) {
    const std::string instance = text_of(request, "containerInstance");
    const bool on_instance = instance.empty() || instance == task.instance_arn ||
                             instance == last_segment(task.instance_arn);
    if (task.cluster == (*cluster)->name && task.desired_status == desired && on_instance &&
        wanted("family", task.definition->family) && wanted("startedBy", task.started_by) &&
        wanted("launchType", task.launch_type)) {
      arns.push_back(arn);
    }
  }
  return page_of(arns, request, "taskArns");
}

}  // namespace

std::span<const Operation> task_operations() {
  static const std::array<Operation, 5> all = {
      {{"RunTask", &run_task_shape(), run_task},
       {"StartTask", &start_task_shape(), start_task},
       {"StopTask", &stop_task_shape(), stop_task},
       {"DescribeTasks", &describe_tasks_shape(), describe_tasks},
       {"ListTasks", &list_tasks_shape(), list_tasks}}};
  return all;
}

}  // namespace longshore::standalone
