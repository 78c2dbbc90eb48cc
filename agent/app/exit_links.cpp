#include "agent/app/exit_links.hpp"

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
};
/// Of containers whose end the engine has not dealt with.
using Ends = std::map<ContainerId, Ended>;

void watch_one(ExitWatch& watch, const engine::RunningContainer& container,
               const std::shared_ptr<Ends>& ends,
               const std::function<void(const ContainerId&)>& on_end) {
  const int run = container.restart_count;
  const auto ended = ends->find(container.id);
  // Late news of a run that is over: its process number may be another's by now.
  if (ended != ends->end() && ended->second.run == run) return;
  ends->erase(container.id);
  const Status watched =
      watch.watch(container.id, container.pid, [run, ends, on_end](ContainerExit exit) {
        (*ends)[exit.id] = {run, exit.memory_kills};
        on_end(exit.id);
      });
  // The engine's events and the comparisons still tell of its end.
  if (!watched) {
    log_warn("cannot watch a container's process",
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
    ends->erase(id);
    if (next) next(std::move(id));
  };
  links.memory_kills = [&watch, ends](const ContainerId& id) -> std::optional<std::uint64_t> {
    const auto ended = ends->find(id);
    return ended == ends->end() ? watch.memory_kills(id) : ended->second.memory_kills;
  };
}

}  // namespace longshore::app
