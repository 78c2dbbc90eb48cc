#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "agent/endpoints/listed_task.hpp"
#include "agent/engine/task_table.hpp"

namespace longshore::endpoints {

/// Why a task was not begun, for people; nullopt when it was.
using WaitReason = std::function<std::optional<std::string>(const TaskArn&)>;

/// Some of all tasks, in the order of their ARNs.
struct TaskPage {
  std::vector<ListedTask> tasks{};
  std::string next{};  ///< Ask for what comes after this ARN; empty: that was all.
};

/// One answer: at most 256 tasks, and no further one when it has grown beyond 1 MiB, so that
/// neither its size nor the time it takes grows with the number of tasks.
/// `after`: only tasks whose ARN is greater. Returns `{"Tasks": […], "Next": "<ARN>"}`, the latter
/// only when there are more.
std::string write_task_page(const engine::TaskTable& tasks, const WaitReason& waits_for,
                            const std::string& after);

/// Errors: InvalidInput (not such a page).
Result<TaskPage> read_task_page(std::string_view text);

}  // namespace longshore::endpoints
