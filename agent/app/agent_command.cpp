#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "agent/app/agent.hpp"
#include "agent/app/commands.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/app/process.hpp"
#include "agent/app/supervisor.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "config/print.hpp"

namespace longshore::app {
namespace {

boost::asio::awaitable<void> end_on_signal(Agent* agent, int* status) {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::signal_set signals(executor, SIGTERM, SIGINT);
  const int number = co_await signals.async_wait(boost::asio::use_awaitable);
  log_info("stopping; containers run on", {{"signal", number}});
  tell_stopping();
  co_await agent->save_all();
  *status = kExitOk;
  static_cast<boost::asio::io_context&>(
      boost::asio::query(executor, boost::asio::execution::context))
      .stop();
}

boost::asio::awaitable<void> run_until_failure(Agent* agent, int* status,
                                               boost::asio::io_context* loop) {
  *status = co_await agent->run();
  loop->stop();
}

}  // namespace

config::Sources setting_sources(const SettingFlags& flags) {
  config::Sources sources;
  sources.flags = flags.flags;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  if (!flags.yaml_file.empty()) {
    sources.yaml_file = flags.yaml_file;
    sources.yaml_must_exist = true;
  }
  return sources;
}

int run_agent(const SettingFlags& flags) {
  auto loaded = config::load(setting_sources(flags));
  if (!loaded) {
    std::cerr << "longshore: the settings are not usable:\n" << loaded.error().message << "\n";
    return kExitTerminal;
  }
  begin_log(loaded->config);
  for (const std::string& warning : loaded->warnings) log_warn(warning);
  export_proxies(loaded->environment);
  prepare_process();
  log_info("longshore agent starting", {{"version", LONGSHORE_VERSION},
                                        {"cluster", loaded->config.cluster},
                                        {"region", loaded->config.region}});
  int status = kExitRestart;
  boost::asio::io_context loop(1);
  Agent agent(loop.get_executor(), std::move(*loaded));
  spawn(loop.get_executor(), "signals", end_on_signal(&agent, &status));
  spawn(loop.get_executor(), "agent", run_until_failure(&agent, &status, &loop));
  SystemClock clock;
  spawn(loop.get_executor(), "watchdog", feed_watchdog(&clock));
  loop.run();
  flush_log();
  // State is on disk and containers run on, so nothing is gained by taking the parts down one by
  // one under coroutines that still hold them.
  std::_Exit(status);
}

int run_config(const SettingFlags& flags, bool as_json) {
  auto sources = setting_sources(flags);
  sources.region_required = false;
  auto loaded = config::load(sources);
  if (!loaded) {
    std::cerr << "longshore: the settings are not usable:\n" << loaded.error().message << "\n";
    return kExitTerminal;
  }
  std::cout << (as_json ? config::print_settings_json(*loaded) : config::print_settings(*loaded));
  for (const std::string& warning : loaded->warnings) std::cerr << "warning: " << warning << "\n";
  return kExitOk;
}

}  // namespace longshore::app
