#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/standalone/standalone_settings.hpp"
#include "config/load.hpp"

namespace longshore::app {

/// Settings as the command line gives them: flags by name, and a YAML file the user named.
struct SettingFlags {
  std::vector<std::pair<std::string, std::string>> flags{};
  std::string yaml_file{};  ///< Empty: the default one, if it exists.
};

/// The sources of settings for this process, with its environment.
config::Sources setting_sources(const SettingFlags& flags);

/// How `longshore tasks` prints.
struct TasksView {
  bool as_json = false;
  bool with_containers = false;  ///< A line for each; JSON has them anyway.
};

/// Each command runs to its end and returns the exit status.
int run_agent(const SettingFlags& flags);
int run_config(const SettingFlags& flags, bool as_json);
/// Asks the agent of this host. 1 when none answers.
int run_tasks(const SettingFlags& flags, TasksView view);
/// Says how the agent of this host is: 0 when healthy, 1 when not, and when none answers.
int run_health(const SettingFlags& flags, bool as_json);
int run_standalone(standalone::StandaloneSettings settings);
/// Runs the task definition in `file` here, with a control plane and an agent of its own.
int run_task(const SettingFlags& flags, const std::string& file);

}  // namespace longshore::app
