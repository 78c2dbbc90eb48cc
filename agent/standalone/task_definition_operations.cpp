#include <algorithm>
#include <array>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/required_attributes.hpp"
#include "agent/standalone/task_definition_rules.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

json describe_definition(const TaskDefinition& definition) {
  json view = definition.document;
  view["taskDefinitionArn"] = definition.arn;
  view["revision"] = definition.revision;
  view["status"] = definition.active ? "ACTIVE" : "INACTIVE";
  view["compatibilities"] = {"EXTERNAL", "EC2"};
  view["registeredAt"] = epoch_seconds(definition.registered_at);
  view["requiresAttributes"] = json::array();
  for (const std::string& name : definition.requires_attributes) {
    view["requiresAttributes"].push_back({{"name", name}});
  }
  if (definition.deregistered_at) {
    view["deregisteredAt"] = epoch_seconds(*definition.deregistered_at);
  }
  return view;
}

ApiResult<std::shared_ptr<TaskDefinition>> existing(const ClusterState& state,
                                                    const json& request) {
  auto found = find_definition(state, text_of(request, "taskDefinition"));
  if (!found) return client_error("Unable to describe task definition.");
  return found;
}

ApiResult<json> register_definition(ClusterState& state, const json& request,
                                    CallContext& context) {
  auto document = check_task_definition(request);
  if (!document) return refuse(std::move(document).error());
  std::size_t count = 0;
  for (const auto& [family, revisions] : state.definitions) count += revisions.size();
  if (count >= kMaxTaskDefinitions) {
    return client_error("no more than {} task definitions", kMaxTaskDefinitions);
  }
  auto definition = std::make_shared<TaskDefinition>();
  definition->family = text_of(*document, "family");
  auto& revisions = state.definitions[definition->family];
  definition->revision = revisions.empty() ? 1 : revisions.rbegin()->first + 1;
  definition->arn = state.site.task_definition_arn(definition->family, definition->revision);
  definition->tags = read_tags(list_of(*document, "tags"));
  document->erase("tags");
  definition->requires_attributes = required_attributes(*document, state.site);
  definition->document = std::move(*document);
  definition->registered_at = context.now;
  revisions[definition->revision] = definition;
  return json{{"taskDefinition", describe_definition(*definition)},
              {"tags", tag_list(definition->tags)}};
}

ApiResult<json> describe_one(ClusterState& state, const json& request, CallContext&) {
  auto definition = existing(state, request);
  if (!definition) return refuse(std::move(definition).error());
  json answer = {{"taskDefinition", describe_definition(**definition)}};
  if (includes(request, "TAGS")) answer["tags"] = tag_list((*definition)->tags);
  return answer;
}

ApiResult<json> deregister_definition(ClusterState& state, const json& request,
                                      CallContext& context) {
  if (last_segment(text_of(request, "taskDefinition")).find(':') == std::string_view::npos) {
    return client_error("taskDefinition: a revision is required, as in \"family:1\"");
  }
  auto definition = existing(state, request);
  if (!definition) return refuse(std::move(definition).error());
  if ((*definition)->active) {
    (*definition)->active = false;
    (*definition)->deregistered_at = context.now;
  }
  return json{{"taskDefinition", describe_definition(**definition)}};
}

ApiResult<json> list_definitions(ClusterState& state, const json& request, CallContext&) {
  const std::string family_wanted = text_of(request, "familyPrefix");
  const bool active = text_of(request, "status", "ACTIVE") == "ACTIVE";
  std::vector<std::string> arns;
  for (const auto& [family, revisions] : state.definitions) {
    // ECS takes familyPrefix as the whole family here, unlike in ListTaskDefinitionFamilies.
    if (!family_wanted.empty() && family != family_wanted) continue;
    for (const auto& [revision, definition] : revisions) {
      if (definition->active == active) arns.push_back(definition->arn);
    }
  }
  if (text_of(request, "sort", "ASC") == "DESC") std::reverse(arns.begin(), arns.end());
  return page_of(arns, request, "taskDefinitionArns");
}

ApiResult<json> list_families(ClusterState& state, const json& request, CallContext&) {
  const std::string prefix = text_of(request, "familyPrefix");
  const std::string status = text_of(request, "status", "ALL");
  std::vector<std::string> families;
  for (const auto& [family, revisions] : state.definitions) {
    const bool active = std::any_of(revisions.begin(), revisions.end(),
                                    [](const auto& entry) { return entry.second->active; });
    const bool wanted = status == "ALL" || (status == "ACTIVE") == active;
    if (family.starts_with(prefix) && wanted) families.push_back(family);
  }
  return page_of(families, request, "families");
}

constexpr std::string_view kStatusNames[] = {"ACTIVE", "INACTIVE"};
constexpr Shape kStatus = choice_shape(kStatusNames);
constexpr std::string_view kFamilyStatusNames[] = {"ACTIVE", "INACTIVE", "ALL"};
constexpr Shape kFamilyStatus = choice_shape(kFamilyStatusNames);
constexpr std::string_view kSortNames[] = {"ASC", "DESC"};
constexpr Shape kSort = choice_shape(kSortNames);
constexpr std::string_view kIncludeNames[] = {"TAGS"};
constexpr Shape kIncludeName = choice_shape(kIncludeNames);
constexpr Shape kInclude = list_shape(kIncludeName);

constexpr Member kDescribeMembers[] = {{"taskDefinition", &kName, true}, {"include", &kInclude}};
constexpr Shape kDescribe = object_shape(kDescribeMembers);
constexpr Member kDeregisterMembers[] = {{"taskDefinition", &kName, true}};
constexpr Shape kDeregister = object_shape(kDeregisterMembers);
constexpr Member kListMembers[] = {{"familyPrefix", &kText},
                                   {"status", &kStatus},
                                   {"sort", &kSort},
                                   {"maxResults", &kWhole},
                                   {"nextToken", &kText}};
constexpr Shape kList = object_shape(kListMembers);
constexpr Member kFamiliesMembers[] = {{"familyPrefix", &kText},
                                       {"status", &kFamilyStatus},
                                       {"maxResults", &kWhole},
                                       {"nextToken", &kText}};
constexpr Shape kFamilies = object_shape(kFamiliesMembers);

}  // namespace

std::span<const Operation> task_definition_operations() {
  // RegisterTaskDefinition checks its own shape, together with the rules between members.
  static constexpr std::array<Operation, 5> kAll = {
      {{"RegisterTaskDefinition", nullptr, register_definition},
       {"DescribeTaskDefinition", &kDescribe, describe_one},
       {"DeregisterTaskDefinition", &kDeregister, deregister_definition},
       {"ListTaskDefinitions", &kList, list_definitions},
       {"ListTaskDefinitionFamilies", &kFamilies, list_families}}};
  return kAll;
}

}  // namespace longshore::standalone
