#include "agent/standalone/operations.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "agent/base/text.hpp"
#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

std::vector<Operation> all_operations() {
  std::vector<Operation> all;
  for (const auto group : {cluster_operations(), task_definition_operations(), task_operations(),
                           instance_operations(), tag_operations(), agent_operations()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  std::sort(all.begin(), all.end(),
            [](const Operation& a, const Operation& b) { return a.name < b.name; });
  return all;
}

}  // namespace

ApiResult<json> run_operation(ClusterState& state, std::string_view name, const json& request,
                              CallContext& context) {
  static const std::vector<Operation> all = all_operations();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Operation& each) { return each.name == name; });
  if (found == all.end()) {
    std::vector<std::string_view> names;
    for (const Operation& each : all) names.push_back(each.name);
    return refuse({"UnknownOperationException",
                   fmt::format("{} is not an operation of this control plane, which has: {}",
                               truncate_utf8(name, 64), fmt::join(names, ", ")),
                   400});
  }
  const json clean = without_nulls(request);
  if (found->shape != nullptr) {
    if (auto mistake = find_mistake(*found->shape, clean)) return client_error("{}", *mistake);
  }
  return found->run(state, clean, context);
}

ApiResult<json> page_of(const std::vector<std::string>& items, const json& request,
                        const char* member) {
  constexpr std::int64_t kLargestPage = 100;
  const std::int64_t limit = whole_of(request, "maxResults", kLargestPage);
  if (limit < 1 || limit > kLargestPage) {
    return invalid_parameter("maxResults: {} is outside 1..{}", limit, kLargestPage);
  }
  auto first = items.begin();
  if (const std::string token = text_of(request, "nextToken"); !token.empty()) {
    first = std::find_if(items.begin(), items.end(),
                         [&](const std::string& item) { return to_hex(item) == token; });
    if (first == items.end()) return invalid_parameter("nextToken: unknown or expired");
    ++first;
  }
  const auto count = std::min<std::int64_t>(limit, items.end() - first);
  json page = {{member, json(std::vector<std::string>(first, first + count))}};
  if (first + count != items.end() && count > 0) page["nextToken"] = to_hex(*(first + count - 1));
  return page;
}

Tags read_tags(const json& list) {
  Tags tags;
  for (const json& tag : list) tags[text_of(tag, "key")] = text_of(tag, "value");
  return tags;
}

json tag_list(const Tags& tags) {
  json list = json::array();
  for (const auto& [key, value] : tags) list.push_back({{"key", key}, {"value", value}});
  return list;
}

json failure(const std::string& arn, const std::string& reason, const std::string& detail) {
  json entry = {{"arn", arn}, {"reason", reason}};
  if (!detail.empty()) entry["detail"] = detail;
  return entry;
}

bool includes(const json& request, std::string_view what) {
  const json& include = list_of(request, "include");
  return std::find(include.begin(), include.end(), what) != include.end();
}

}  // namespace longshore::standalone
