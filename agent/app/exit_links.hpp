#pragma once

#include <functional>

#include "agent/engine/engine_links.hpp"
#include "runtime/cgroup/exit_watch.hpp"

namespace longshore::app {

/// Lets the kernel's own news of ended processes reach the engine: every container that runs is
/// watched besides what `links` does with it already. `on_end` hears of each end; what the kernel
/// counted is there for the engine until it has dealt with it.
void link_exits(engine::EngineLinks& links, runtime::cgroup::ExitWatch& watch,
                std::function<void(const ContainerId&)> on_end);

}  // namespace longshore::app
