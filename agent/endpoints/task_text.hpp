#pragma once

#include <string>
#include <vector>

#include "agent/endpoints/listed_task.hpp"

namespace longshore::endpoints {

/// A table for people, one line a task: its id, definition, statuses, containers that run of all,
/// and why it waits or ended. `with_containers`: a line below it for each container. Control
/// characters in texts of the engine are shown as '?': they never reach a terminal.
std::string task_table_text(const std::vector<ListedTask>& tasks, bool with_containers);

/// The same as `{"Tasks": […]}`, indented.
std::string task_table_json(const std::vector<ListedTask>& tasks);

}  // namespace longshore::endpoints
