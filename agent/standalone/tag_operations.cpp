#include <array>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/task_definition_shape.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

/// Amazon ECS service quotas, "Tags per resource".
constexpr std::size_t kMaxTags = 50;

/// The tags of the cluster, task definition, container instance or task with this ARN.
ApiResult<Tags*> tags_of(ClusterState& state, const std::string& arn) {
  if (const auto task = state.tasks.find(arn); task != state.tasks.end()) {
    return &task->second.tags;
  }
  if (const auto instance = state.instances.find(arn); instance != state.instances.end()) {
    return &instance->second.tags;
  }
  if (arn.find(":task-definition/") != std::string::npos) {
    const auto definition = find_definition(state, arn);
    if (definition && definition->arn == arn) return &definition->tags;
  }
  const auto cluster = state.clusters.find(std::string(last_segment(arn)));
  if (cluster != state.clusters.end() && state.site.cluster_arn(cluster->first) == arn) {
    return &cluster->second.tags;
  }
  return invalid_parameter("The specified resource cannot be found: {}", arn);
}

ApiResult<json> tag_resource(ClusterState& state, const json& request, CallContext&) {
  auto tags = tags_of(state, text_of(request, "resourceArn"));
  if (!tags) return refuse(std::move(tags).error());
  Tags merged = **tags;
  for (auto& [key, value] : read_tags(request["tags"])) merged[key] = value;
  if (merged.size() > kMaxTags) return invalid_parameter("tags: more than {}", kMaxTags);
  **tags = std::move(merged);
  return json::object();
}

ApiResult<json> untag_resource(ClusterState& state, const json& request, CallContext&) {
  auto tags = tags_of(state, text_of(request, "resourceArn"));
  if (!tags) return refuse(std::move(tags).error());
  for (const json& key : request["tagKeys"]) (*tags)->erase(key.get<std::string>());
  return json::object();
}

ApiResult<json> list_tags(ClusterState& state, const json& request, CallContext&) {
  auto tags = tags_of(state, text_of(request, "resourceArn"));
  if (!tags) return refuse(std::move(tags).error());
  return json{{"tags", tag_list(**tags)}};
}

const Shape& tag_shape() {
  static const Member members[] = {{"resourceArn", &kName, true}, {"tags", &tags_shape(), true}};
  static const Shape shape = object_shape(members);
  return shape;
}

constexpr Shape kKeys = list_shape(kName, 0, 50);
constexpr Member kUntagMembers[] = {{"resourceArn", &kName, true}, {"tagKeys", &kKeys, true}};
constexpr Shape kUntag = object_shape(kUntagMembers);
constexpr Member kListMembers[] = {{"resourceArn", &kName, true}};
constexpr Shape kList = object_shape(kListMembers);

}  // namespace

std::span<const Operation> tag_operations() {
  static const std::array<Operation, 3> all = {{{"TagResource", &tag_shape(), tag_resource},
                                                {"UntagResource", &kUntag, untag_resource},
                                                {"ListTagsForResource", &kList, list_tags}}};
  return all;
}

}  // namespace longshore::standalone
