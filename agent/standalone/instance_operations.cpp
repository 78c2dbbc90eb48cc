#include <algorithm>
#include <array>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/views.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;
using Status = ContainerInstance::Status;

bool has_status(const ContainerInstance& instance, const std::string& status) {
  switch (instance.status) {
    case Status::Active:
      return status.empty() || status == "ACTIVE";
    case Status::Draining:
      return status.empty() || status == "DRAINING";
    case Status::Inactive:
      return false;  // ECS does not list what was deregistered.
  }
  return false;
}

ApiResult<json> list_instances(ClusterState& state, const json& request, CallContext&) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  std::vector<std::string> arns;
  for (const auto& [arn, instance] : state.instances) {
    if (instance.cluster == (*cluster)->name && has_status(instance, text_of(request, "status"))) {
      arns.push_back(arn);
    }
  }
  return page_of(arns, request, "containerInstanceArns");
}

/// Calls `act` for each instance the request names; answers with their views and what is missing.
template <typename Act>
ApiResult<json> for_each_instance(ClusterState& state, const json& request, Act act) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  json found = json::array();
  json failures = json::array();
  for (const json& name : request["containerInstances"]) {
    const auto id = name.get<std::string>();
    ContainerInstance* instance = find_instance(state, **cluster, id);
    if (instance == nullptr) {
      failures.push_back(failure(
          state.site.container_instance_arn((*cluster)->name, last_segment(id)), "MISSING"));
    } else if (const std::string refusal = act(*instance); !refusal.empty()) {
      failures.push_back(failure(instance->arn, refusal));
    } else {
      found.push_back(describe_instance(state, *instance, includes(request, "TAGS"),
                                        includes(request, "CONTAINER_INSTANCE_HEALTH")));
    }
  }
  return json{{"containerInstances", std::move(found)}, {"failures", std::move(failures)}};
}

ApiResult<json> describe_instances(ClusterState& state, const json& request, CallContext&) {
  return for_each_instance(state, request, [](ContainerInstance&) { return std::string(); });
}

ApiResult<json> update_state(ClusterState& state, const json& request, CallContext&) {
  const Status wanted =
      text_of(request, "status") == "DRAINING" ? Status::Draining : Status::Active;
  return for_each_instance(state, request, [&](ContainerInstance& instance) -> std::string {
    if (instance.status == Status::Inactive) return "INACTIVE";
    if (instance.status != wanted) ++instance.version;
    instance.status = wanted;
    return {};
  });
}

ApiResult<json> deregister_instance(ClusterState& state, const json& request,
                                    CallContext& context) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  ContainerInstance* instance =
      find_instance(state, **cluster, text_of(request, "containerInstance"));
  if (instance == nullptr || instance->status == Status::Inactive) {
    return invalid_parameter("The referenced container instance was not found.");
  }
  for (auto& [arn, task] : state.tasks) {
    if (task.instance_arn != instance->arn || task.last_status == "STOPPED") continue;
    if (!flag_of(request, "force")) {
      return invalid_parameter(
          "Found running tasks on the container instance; stop them or set force.");
    }
    // Nobody reports their end any more. As in ECS, the containers themselves run on.
    task.last_status = task.desired_status = "STOPPED";
    task.stopped_reason = "Host deregistered";
    task.stopped_at = context.now;
    ++task.version;
  }
  instance->status = Status::Inactive;
  ++instance->version;
  context.effects.dropped_instances.push_back(instance->arn);
  return json{{"containerInstance", describe_instance(state, *instance, true, false)}};
}

constexpr std::string_view kListStatusNames[] = {"ACTIVE", "DRAINING", "REGISTERING",
                                                 "DEREGISTERING", "REGISTRATION_FAILED"};
constexpr Shape kListStatus = choice_shape(kListStatusNames);
constexpr Member kListMembers[] = {
    {"cluster", &kText},
    {"status", &kListStatus},
    {"maxResults", &kWhole},
    {"nextToken", &kText},
    {"filter", &kText, false, "filter expressions are not evaluated by this control plane"}};
constexpr Shape kList = object_shape(kListMembers);
constexpr std::string_view kIncludeNames[] = {"TAGS", "CONTAINER_INSTANCE_HEALTH"};
constexpr Shape kIncludeName = choice_shape(kIncludeNames);
constexpr Shape kInclude = list_shape(kIncludeName);
constexpr Shape kInstanceNames = list_shape(kName, 1, 100);
constexpr Member kDescribeMembers[] = {
    {"cluster", &kText}, {"containerInstances", &kInstanceNames, true}, {"include", &kInclude}};
constexpr Shape kDescribe = object_shape(kDescribeMembers);
constexpr std::string_view kNewStatusNames[] = {"ACTIVE", "DRAINING"};
constexpr Shape kNewStatus = choice_shape(kNewStatusNames);
constexpr Member kUpdateMembers[] = {{"cluster", &kText},
                                     {"containerInstances", &kInstanceNames, true},
                                     {"status", &kNewStatus, true}};
constexpr Shape kUpdate = object_shape(kUpdateMembers);
constexpr Member kDeregisterMembers[] = {
    {"cluster", &kText}, {"containerInstance", &kName, true}, {"force", &kFlag}};
constexpr Shape kDeregister = object_shape(kDeregisterMembers);

}  // namespace

std::span<const Operation> instance_operations() {
  static constexpr std::array<Operation, 4> kAll = {
      {{"ListContainerInstances", &kList, list_instances},
       {"DescribeContainerInstances", &kDescribe, describe_instances},
       {"UpdateContainerInstancesState", &kUpdate, update_state},
       {"DeregisterContainerInstance", &kDeregister, deregister_instance}}};
  return kAll;
}

}  // namespace longshore::standalone
