#include "agent/app/tasks_command.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include "agent/app/commands.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/endpoints/status_client.hpp"
#include "agent/endpoints/status_server.hpp"
#include "agent/endpoints/task_text.hpp"

namespace longshore::app {
namespace {

using Tasks = Result<std::vector<endpoints::ListedTask>>;

Tasks fetch(const std::string& socket_path) {
  boost::asio::io_context loop(1);
  std::optional<Tasks> tasks;
  boost::asio::co_spawn(loop, endpoints::fetch_tasks(socket_path),
                        [&](std::exception_ptr failure, Tasks fetched) {
                          if (failure) std::rethrow_exception(failure);
                          tasks = std::move(fetched);
                        });
  loop.run();
  return std::move(*tasks);
}

}  // namespace

std::string why_no_tasks(const std::string& socket_path, const Error& error) {
  switch (error.code) {
    case ErrorCode::Unavailable:
    case ErrorCode::NotFound:
      return fmt::format(
          "no agent runs with this data directory: nothing answers at {}.\n"
          "Start it (systemctl start longshore), or name its data directory: --data-dir, "
          "ECS_DATADIR, or data_dir in the YAML file.",
          socket_path);
    case ErrorCode::PermissionDenied:
      return fmt::format(
          "{} is for the agent's own user alone.\n"
          "Run this as that user, usually root: sudo longshore tasks",
          socket_path);
    case ErrorCode::Timeout:
      return fmt::format(
          "the agent at {} does not answer.\n"
          "Its log says what it is doing: journalctl -u longshore",
          socket_path);
    case ErrorCode::InvalidInput:
    case ErrorCode::Conflict:
    case ErrorCode::Internal:
      break;
  }
  return error.message;
}

int run_tasks(const SettingFlags& flags, TasksView view) {
  auto sources = setting_sources(flags);
  sources.region_required = false;
  auto loaded = config::load(sources);
  if (!loaded) {
    std::cerr << "longshore tasks: the settings are not usable:\n"
              << loaded.error().message << "\n";
    return kExitTerminal;
  }
  const std::string socket_path = endpoints::status_socket(loaded->config.data_dir);
  const Tasks tasks = fetch(socket_path);
  if (!tasks) {
    std::cerr << "longshore tasks: " << why_no_tasks(socket_path, tasks.error()) << "\n";
    return kExitRestart;
  }
  std::cout << (view.as_json ? endpoints::task_table_json(*tasks)
                             : endpoints::task_table_text(*tasks, view.with_containers));
  return kExitOk;
}

}  // namespace longshore::app
