#include <iostream>
#include <vector>

#include "agent/app/agent_question.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/endpoints/status_client.hpp"
#include "agent/endpoints/task_text.hpp"

namespace longshore::app {

int run_tasks(const SettingFlags& flags, TasksView view) {
  const auto socket_path = agent_socket(flags);
  if (!socket_path) {
    std::cerr << "longshore tasks: " << socket_path.error().message << "\n";
    return kExitTerminal;
  }
  const auto tasks =
      ask_agent<std::vector<endpoints::ListedTask>>(endpoints::fetch_tasks, *socket_path);
  if (!tasks) return tell_no_answer("tasks", *socket_path, tasks.error());
  std::cout << (view.as_json ? endpoints::task_table_json(*tasks)
                             : endpoints::task_table_text(*tasks, view.with_containers));
  return kExitOk;
}

}  // namespace longshore::app
