#include "agent/app/exit_links.hpp"

#include <signal.h>

#include <map>
#include <memory>
#include <utility>

#include "agent/base/log.hpp"

namespace longshore::app {
namespace {

using runtime::cgroup::ContainerExit;
using runtime::cgroup::ExitWatch;

/// The end of one run of a container.
struct Ended {
  int run = 0;  ///< Its restart_count.
  std::optional<std::uint64_t> memory_kills{};
  std::shared_ptr<const runtime::cgroup::Pidfd> process{};
};
/// Of containers whose end the engine has not dealt with.
struct Ends {
  std::map<ContainerId, Ended> by_id{};
  std::map<ContainerId, int> stop_signals{};
  bool said = false;  ///< That a process cannot be watched: on such a host none can.
};

void watch_one(ExitWatch& watch, const engine::RunningContainer& container,
               const std::shared_ptr<Ends>& ends,
               const std::function<void(const ContainerId&)>& on_end) {
  const int run = container.restart_count;
  const auto ended = ends->by_id.find(container.id);
  // Late news of a run that is over: its process number may be another's by now.
  if (ended != ends->by_id.end() && ended->second.run == run) return;
  ends->by_id.erase(container.id);
  ends->stop_signals[container.id] = container.stop_signal;
  const Status watched =
      watch.watch(container.id, container.pid, [run, ends, on_end](ContainerExit exit) {
        ends->by_id[exit.id] = {run, exit.memory_kills, std::move(exit.process)};
        on_end(exit.id);
      });
  // The engine's events and the comparisons still tell of its end.
  if (!watched && !std::exchange(ends->said, true)) {
    log_warn("cannot watch containers' processes",
             {{"id", container.id}, {"error", watched.error().message}});
  }
}

}  // namespace

void link_exits(engine::EngineLinks& links, ExitWatch& watch,
                std::function<void(const ContainerId&)> on_end) {
  auto ends = std::make_shared<Ends>();
  links.container_running =
      [&watch, ends, on_end = std::move(on_end),
       next = std::move(links.container_running)](engine::RunningContainer container) {
        watch_one(watch, container, ends, on_end);
        if (next) next(std::move(container));
      };
  links.container_stopped = [&watch, ends,
                             next = std::move(links.container_stopped)](ContainerId id) {
    watch.forget(id);
    ends->by_id.erase(id);
    ends->stop_signals.erase(id);
    if (next) next(std::move(id));
  };
  links.memory_kills = [&watch, ends](const ContainerId& id) -> std::optional<std::uint64_t> {
    const auto ended = ends->by_id.find(id);
    return ended == ends->by_id.end() ? watch.memory_kills(id) : ended->second.memory_kills;
  };
  links.exit_code = [ends](const ContainerId& id, int run) -> std::optional<int> {
    const auto ended = ends->by_id.find(id);
    const bool known =
        ended != ends->by_id.end() && ended->second.run == run && ended->second.process;
    return known ? ended->second.process->exit_code() : std::nullopt;
  };
  links.main_process = [&watch, ends](const ContainerId& id, int run) {
    const auto ended = ends->by_id.find(id);
    if (ended != ends->by_id.end() && ended->second.run == run) return engine::MainProcess::Ended;
    return watch.watches(id) ? engine::MainProcess::Lives : engine::MainProcess::Unknown;
  };
  links.ask_to_end = [&watch, ends](const ContainerId& id) {
    const auto signal = ends->stop_signals.find(id);
    return watch.signal(id, signal == ends->stop_signals.end() ? SIGTERM : signal->second);
  };
}

}  // namespace longshore::app
