#include "agent/app/run.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <utility>

#include "agent/app/commands.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/app/listen_address.hpp"
#include "config/setting.hpp"

namespace longshore::app {
namespace {

/// One flag for each setting, collected as text: the settings' own grammar reads them.
class SettingOptions {
 public:
  explicit SettingOptions(CLI::App& command) {
    command.add_option("--config", yaml_file_, "YAML file of settings")->type_name("FILE");
    for (const config::Setting& setting : config::settings()) {
      const std::string name = config::flag_name(setting);
      std::string help(setting.help);
      if (!setting.variable.empty()) help += " (" + std::string(setting.variable) + ")";
      command.add_option("--" + name, values_[name], help)->type_name("VALUE")->group("Settings");
    }
  }
  [[nodiscard]] SettingFlags flags() const {
    SettingFlags flags{.yaml_file = yaml_file_};
    for (const auto& [name, value] : values_) {
      if (!value.empty()) flags.flags.emplace_back(name, value);
    }
    return flags;
  }

 private:
  std::string yaml_file_{};
  std::map<std::string, std::string> values_{};
};

/// Of a command whose answer is what it printed: 1 if nobody could get that.
int written(int status) {
  if (std::cout.flush()) return status;
  std::cerr << "longshore: cannot write to standard output\n";
  return kExitRestart;
}

void add_standalone_options(CLI::App& command, standalone::StandaloneSettings& s,
                            std::string& listen, int& heartbeat, int& resend, bool& no_manifest) {
  command.add_option("--listen", listen, "Address and port to listen on")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command.add_flag("--allow-remote", s.allow_remote,
                   "Allow an address other than loopback: whoever reaches it can run containers as "
                   "root on the agent's machine");
  command.add_option("--cluster", s.cluster, "Cluster that exists from the start")
      ->capture_default_str();
  command.add_option("--region", s.region, "Region in every ARN")->capture_default_str();
  command.add_option("--account", s.account, "Account in every ARN")->capture_default_str();
  command.add_option("--ecr-user", s.ecr_user, "User in tokens of GetAuthorizationToken")
      ->capture_default_str();
  command.add_option("--ecr-password-file", s.ecr_password_file,
                     "File whose first line is the password in those tokens");
  command.add_option(
      "--ecr-registry", s.ecr_registries,
      "Registry (HOST[:PORT]) whose images are pulled with such a token; repeatable");
  command.add_option("--ecr-proxy-endpoint", s.ecr_proxy_endpoint, "proxyEndpoint of those tokens")
      ->capture_default_str();
  command.add_option("--record", s.record_file, "Append every message to this file as JSON lines");
  command.add_option("--port-file", s.port_file, "Write the port here once listening");
  command.add_option("--heartbeat-seconds", heartbeat, "Between two heartbeats, 1..59")
      ->capture_default_str();
  command.add_option("--resend-seconds", resend, "Until an unacknowledged message is sent again")
      ->capture_default_str();
  command.add_flag("--no-manifest", no_manifest, "Send no task manifest to a connecting agent");
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Longshore: a node agent for Amazon ECS", "longshore");
  app.set_version_flag("--version", "longshore " LONGSHORE_VERSION);
  app.require_subcommand(1);

  CLI::App* agent = app.add_subcommand("agent", "Make this host a container instance of a cluster");
  const SettingOptions agent_options(*agent);
  CLI::App* config = app.add_subcommand("config", "Print every setting, its value and its origin");
  const SettingOptions config_options(*config);
  bool as_json = false;
  config->add_flag("--json", as_json, "As JSON");

  CLI::App* tasks = app.add_subcommand("tasks", "List the tasks of this host's agent");
  const SettingOptions tasks_options(*tasks);
  TasksView view;
  tasks->add_flag("--json", view.as_json, "As JSON");
  tasks->add_flag("--containers", view.with_containers, "With a line for each container");

  CLI::App* health = app.add_subcommand(
      "health", "Say how the agent of this host is; exit status 0 when all is well");
  const SettingOptions health_options(*health);
  bool health_as_json = false;
  health->add_flag("--json", health_as_json, "As JSON");

  CLI::App* alone = app.add_subcommand(
      "standalone", "A control plane for this one machine: development, tests, demos");
  standalone::StandaloneSettings settings;
  std::string listen = "127.0.0.1:51800";
  int heartbeat = static_cast<int>(settings.heartbeat.count());
  int resend = static_cast<int>(settings.resend_after.count());
  bool no_manifest = false;
  add_standalone_options(*alone, settings, listen, heartbeat, resend, no_manifest);

  CLI::App* task = app.add_subcommand("run", "Run one task definition here, in the foreground");
  std::string file;
  task->add_option("file", file, "Task definition, as for aws ecs register-task-definition")
      ->type_name("TASK-DEFINITION.json")
      ->required();
  const SettingOptions task_options(*task);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (argc > 1 && e.get_exit_code() != kExitOk && app.get_subcommands().empty()) {
      std::cerr << "longshore: \"" << argv[1]
                << "\" is no subcommand and no option; longshore --help lists them\n";
      return kExitUsage;
    }
    if (app.exit(e) == 0) return written(kExitOk);
    // A supervisor must not start an agent again and again that cannot read its own flags.
    return argc > 1 && agent->check_name(argv[1]) ? kExitTerminal : kExitUsage;
  }
  if (*agent) return run_agent(agent_options.flags());
  if (*config) return written(run_config(config_options.flags(), as_json));
  if (*tasks) return written(run_tasks(tasks_options.flags(), view));
  if (*health) return written(run_health(health_options.flags(), health_as_json));
  if (*task) return run_task(task_options.flags(), file);
  auto address = parse_listen_address(listen);
  if (!address) {
    std::cerr << "longshore standalone: " << address.error().message << "\n";
    return kExitUsage;
  }
  settings.listen_address = std::move(address->address);
  settings.listen_port = address->port;
  settings.heartbeat = std::chrono::seconds{heartbeat};
  settings.resend_after = std::chrono::seconds{resend};
  settings.manifest_on_connect = !no_manifest;
  return run_standalone(std::move(settings));
}

}  // namespace longshore::app
