#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "agent/core/task_state.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// The task that a container's labels name, if it can be one of `cluster`: nullopt for another
/// cluster's, and for labels that no agent writes.
std::optional<TaskArn> labelled_task(const runtime::ContainerState& container,
                                     const std::string& cluster);

/// Those created at `since` or later. One whose creation the engine does not tell is none of them.
std::vector<runtime::ContainerState> created_since(std::vector<runtime::ContainerState> containers,
                                                   WallTime since);
/// The first moment, not before `since`, at which all of them had been created.
WallTime after_creation(const std::vector<runtime::ContainerState>& containers, WallTime since);

/// Tasks of which nothing is known but their containers, as inspects show them: for resume() to go
/// on with. Containers of one name in one task: the one that lives, else the later one, is the
/// task's. Pure. What labels do not tell is chosen so that nothing is stopped, removed or told
/// twice without cause:
///   - a container is essential, which is what ECS takes it for unless told otherwise; but one that
///     ended, or whose start failed, while another lives on was not;
///   - they are stopped in the reverse order of their starts;
///   - RUNNING was reported. Each container that has ended is reported STOPPED, again if need be;
///   - one that was created and not started was on its way up, and the way is not known: it is not
///     started, and its task ends;
///   - the task's cgroup is as it shall be, and its volumes are not the task's to remove;
///   - stop timeout, restart policy and limits of the task as a whole are those of one without.
/// Source for the default of `essential`: Amazon ECS Developer Guide, task definition parameters.
std::vector<core::TaskState> rebuild_tasks(const std::vector<runtime::ContainerState>& containers);

}  // namespace longshore::engine
