#include "agent/app/agent_question.hpp"

#include <fmt/format.h>

#include <iostream>

#include "agent/app/exit_codes.hpp"
#include "agent/endpoints/status_server.hpp"

namespace longshore::app {

Result<std::string> agent_socket(const SettingFlags& flags) {
  auto sources = setting_sources(flags);
  sources.region_required = false;
  auto loaded = config::load(sources);
  if (!loaded) return fail("the settings are not usable", std::move(loaded).error());
  return endpoints::status_socket(loaded->config.data_dir);
}

std::string why_no_answer(std::string_view command, const std::string& socket_path,
                          const Error& error) {
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
          "Run this as that user, usually root: sudo longshore {}",
          socket_path, command);
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

int tell_no_answer(std::string_view command, const std::string& socket_path, const Error& error) {
  std::cerr << "longshore " << command << ": " << why_no_answer(command, socket_path, error)
            << "\n";
  return kExitRestart;
}

}  // namespace longshore::app
