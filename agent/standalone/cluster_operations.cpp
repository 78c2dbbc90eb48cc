#include <algorithm>

#include "agent/standalone/container_rules.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/task_definition_shape.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

json describe_cluster(const ClusterState& state, const Cluster& cluster, bool with_tags) {
  int instances = 0;
  int running = 0;
  int pending = 0;
  for (const auto& [arn, instance] : state.instances) {
    const bool counts = instance.status != ContainerInstance::Status::Inactive;
    if (instance.cluster == cluster.name && counts) ++instances;
  }
  for (const auto& [arn, task] : state.tasks) {
    if (task.cluster != cluster.name) continue;
    running += task.last_status == "RUNNING" ? 1 : 0;
    pending += task.last_status == "PENDING" ? 1 : 0;
  }
  return {{"clusterArn", state.site.cluster_arn(cluster.name)},
          {"clusterName", cluster.name},
          {"status", "ACTIVE"},
          {"registeredContainerInstancesCount", instances},
          {"runningTasksCount", running},
          {"pendingTasksCount", pending},
          {"activeServicesCount", 0},
          {"statistics", json::array()},
          {"settings", json::array()},
          {"capacityProviders", json::array()},
          {"defaultCapacityProviderStrategy", json::array()},
          {"tags", with_tags ? tag_list(cluster.tags) : json::array()}};
}

ApiResult<json> create_cluster(ClusterState& state, const json& request, CallContext&) {
  const std::string name = text_of(request, "clusterName", "default");
  if (!is_ecs_name(name)) {
    return invalid_parameter(
        "clusterName: expected 1..255 letters, digits, hyphens and underscores");
  }
  const auto found = state.clusters.find(name);
  if (found == state.clusters.end()) {
    if (state.clusters.size() >= kMaxClusters) {
      return client_error("no more than {} clusters", kMaxClusters);
    }
    state.clusters[name] = {name, read_tags(list_of(request, "tags"))};
  }
  return json{{"cluster", describe_cluster(state, state.clusters[name], true)}};
}

ApiResult<json> describe_clusters(ClusterState& state, const json& request, CallContext&) {
  json names = list_of(request, "clusters");
  if (names.empty()) names.push_back("default");
  json clusters = json::array();
  json failures = json::array();
  for (const json& name : names) {
    const auto cluster = find_cluster(state, name.get<std::string>());
    if (cluster) {
      clusters.push_back(describe_cluster(state, **cluster, includes(request, "TAGS")));
    } else {
      failures.push_back(failure(
          state.site.cluster_arn(last_segment(name.get_ref<const std::string&>())), "MISSING"));
    }
  }
  return json{{"clusters", std::move(clusters)}, {"failures", std::move(failures)}};
}

ApiResult<json> list_clusters(ClusterState& state, const json& request, CallContext&) {
  std::vector<std::string> arns;
  for (const auto& [name, cluster] : state.clusters) arns.push_back(state.site.cluster_arn(name));
  return page_of(arns, request, "clusterArns");
}

constexpr std::string_view kNotHere = "not available on this control plane";
constexpr std::string_view kIncludeNames[] = {"ATTACHMENTS", "CONFIGURATIONS", "SETTINGS",
                                              "STATISTICS", "TAGS"};
constexpr Shape kIncludeName = choice_shape(kIncludeNames);
constexpr Shape kInclude = list_shape(kIncludeName);
constexpr Shape kNames = list_shape(kText, 0, 100);
constexpr Member kDescribeMembers[] = {{"clusters", &kNames}, {"include", &kInclude}};
constexpr Shape kDescribe = object_shape(kDescribeMembers);
constexpr Member kListMembers[] = {{"maxResults", &kWhole}, {"nextToken", &kText}};
constexpr Shape kList = object_shape(kListMembers);

const Shape& create_shape() {
  static const Member members[] = {
      {"clusterName", &kText},
      {"tags", &tags_shape()},
      {"settings", &kText, false, kNotHere},
      {"configuration", &kText, false, kNotHere},
      {"capacityProviders", &kText, false, kNotHere},
      {"defaultCapacityProviderStrategy", &kText, false, kNotHere},
      {"serviceConnectDefaults", &kText, false, kNotHere},
  };
  static const Shape shape = object_shape(members);
  return shape;
}

}  // namespace

std::span<const Operation> cluster_operations() {
  static const Operation all[] = {{"CreateCluster", &create_shape(), create_cluster},
                                  {"DescribeClusters", &kDescribe, describe_clusters},
                                  {"ListClusters", &kList, list_clusters}};
  return all;
}

}  // namespace longshore::standalone
