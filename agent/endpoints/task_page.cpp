#include "agent/endpoints/task_page.hpp"

#include <cstddef>
#include <nlohmann/json.hpp>

namespace longshore::endpoints {
namespace {

constexpr std::size_t kMaxTasks = 256;
constexpr std::size_t kMaxBytes = 1U << 20U;

/// Compact text; what is not UTF-8 in the engine's words becomes U+FFFD.
std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string write_task_page(const engine::TaskTable& tasks, const WaitReason& waits_for,
                            const std::string& after) {
  const auto& all = tasks.all();
  std::string text = R"({"Tasks":[)";
  std::string last;
  std::size_t count = 0;
  auto next = all.upper_bound(TaskArn(after));
  for (; next != all.end() && count < kMaxTasks && text.size() < kMaxBytes; ++next, ++count) {
    const auto& [arn, task] = *next;
    if (count > 0) text += ',';
    text += dump(to_json(listed_task(task, waits_for(arn))));
    last = arn.str();
  }
  text += ']';
  if (next != all.end()) text += R"(,"Next":)" + dump(last);
  return text + '}';
}

Result<TaskPage> read_task_page(std::string_view text) {
  return read_json(text, [](const JsonReader& json) {
    TaskPage page;
    for (const JsonReader& task : json.require("Tasks").items()) {
      page.tasks.push_back(read_listed_task(task));
    }
    page.next = json.string("Next").value_or(std::string());
    return page;
  });
}

}  // namespace longshore::endpoints
