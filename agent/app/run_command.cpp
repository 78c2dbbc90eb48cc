#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "agent/app/agent.hpp"
#include "agent/app/commands.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/app/foreground_task.hpp"
#include "agent/app/process.hpp"
#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/standalone/standalone_server.hpp"

namespace longshore::app {
namespace {

using nlohmann::json;

/// Members that `aws ecs describe-task-definition` adds to what was registered.
constexpr const char* kOutputOnly[] = {"taskDefinitionArn",  "revision",        "status",
                                       "requiresAttributes", "compatibilities", "registeredAt",
                                       "registeredBy",       "deregisteredAt"};

Result<json> read_definition(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf())) {
    return fail(ErrorCode::NotFound, "cannot read {}: does it exist, and is it not empty?", file);
  }
  auto parsed = parse_json(text.str());
  if (!parsed) return fail(file, std::move(parsed).error());
  json definition = std::move(*parsed);
  // What describe-task-definition prints can be run as it is.
  if (definition.is_object() && definition.contains("taskDefinition")) {
    definition = json(definition["taskDefinition"]);
    if (definition.is_object()) {
      for (const char* member : kOutputOnly) definition.erase(member);
    }
  }
  return definition;
}

/// A folder that goes when the command ends, whatever happens in between.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "longshore-run-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // Nothing to be done about it, and the system empties this place.
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_{};
};

bool was_set(const config::LoadedConfig& loaded, std::string_view name) {
  for (const auto& origin : loaded.origins) {
    if (origin.name == name) return origin.origin != "default";
  }
  return false;
}

/// The user's own settings, but for what ties this agent to the control plane beside it.
void tie_to(config::LoadedConfig& loaded, std::uint16_t port, const std::string& folder) {
  config::Config& config = loaded.config;
  config.cluster = "run";
  config.endpoint = fmt::format("http://127.0.0.1:{}", port);
  config.external = true;
  config.data_dir = folder;
  config.cleanup_wait = std::chrono::milliseconds{500};
  config.cleanup_jitter = std::chrono::milliseconds{0};
  if (!was_set(loaded, "images.pull_behavior")) {
    config.pull_behavior = config::ImagePullBehavior::PreferCached;
  }
  loaded.environment["AWS_ACCESS_KEY_ID"] = "local";
  loaded.environment["AWS_SECRET_ACCESS_KEY"] = "local";
}

/// As nohup(1) leaves it for those who want to outlive their terminal.
bool is_ignored(int signal) {
  struct sigaction now{};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

boost::asio::awaitable<void> stop_on_signal(ForegroundTask* task) {
  boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGTERM, SIGINT);
  if (!is_ignored(SIGHUP)) signals.add(SIGHUP);
  while (true) {
    co_await signals.async_wait(boost::asio::use_awaitable);
    task->stop();
  }
}

boost::asio::awaitable<void> run_to_end(ForegroundTask* task, json definition, int* status,
                                        boost::asio::io_context* loop) {
  *status = co_await task->run(std::move(definition));
  loop->stop();
}

boost::asio::awaitable<void> run_agent_part(Agent* agent, int* status,
                                            boost::asio::io_context* loop) {
  *status = co_await agent->run();
  loop->stop();
}

}  // namespace

int run_task(const SettingFlags& flags, const std::string& file) {
  auto definition = read_definition(file);
  if (!definition) {
    std::cerr << "longshore run: " << definition.error().message << "\n";
    return kExitUsage;
  }
  auto sources = setting_sources(flags);
  sources.region_required = false;
  auto loaded = config::load(sources);
  if (!loaded) {
    std::cerr << "longshore run: the settings are not usable:\n" << loaded.error().message << "\n";
    return kExitTerminal;
  }
  if (loaded->config.region.empty()) loaded->config.region = "us-east-1";
  if (!was_set(*loaded, "log.level")) loaded->config.log_level = LogLevel::Warn;
  begin_log(loaded->config);
  export_proxies(loaded->environment);
  prepare_process();
  const TemporaryFolder folder;
  boost::asio::io_context loop(1);
  SystemClock clock;
  auto server = standalone::StandaloneServer::start(
      loop.get_executor(), {.listen_port = 0, .cluster = "run", .region = loaded->config.region},
      clock);
  if (!server) {
    std::cerr << "longshore run: " << server.error().message << "\n";
    return kExitRestart;
  }
  auto registered = (*server)->call("RegisterTaskDefinition", std::move(*definition));
  if (!registered) {
    std::cerr << "longshore run: " << registered.error().message << "\n";
    return kExitUsage;
  }
  tie_to(*loaded, (*server)->port(), folder.path());
  int status = kExitRestart;
  // Another `longshore run` may be at work beside this one.
  Agent agent(loop.get_executor(), std::move(*loaded), Purpose::OneTask);
  ForegroundTask task(loop.get_executor(), clock, **server, agent);
  spawn(loop.get_executor(), "signals", stop_on_signal(&task));
  spawn(loop.get_executor(), "agent", run_agent_part(&agent, &status, &loop));
  spawn(loop.get_executor(), "task",
        run_to_end(&task, registered->at("taskDefinition"), &status, &loop));
  loop.run();
  std::cout << std::flush;
  flush_log();
  std::error_code ignored;  // As in TemporaryFolder, whose destructor _Exit leaves out.
  std::filesystem::remove_all(folder.path(), ignored);
  std::_Exit(status);  // As in run_agent.
}

}  // namespace longshore::app
