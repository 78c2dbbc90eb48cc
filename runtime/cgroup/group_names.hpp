#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"

namespace longshore::runtime::cgroup {

/// What CgroupParent shall be for one task. Engines with the systemd driver take only a slice
/// ("ecstasks-<id>.slice"), those with cgroupfs a path ("<root>/<id>").
/// Source: amazon-ecs-agent:agent/config/config_unix.go and agent/taskresource/cgroup.
std::string cgroup_parent_for(std::string_view task_id, std::string_view root,
                              std::string_view driver);

/// Where a container's own group may be, from a hierarchy's mount point without the slash in front:
/// first below the task's group, then where the engine puts containers of no task group
/// ("docker/<id>", "system.slice/docker-<id>.scope"). A slice lies inside those that its name
/// begins with: "a-b.slice" is "a.slice/a-b.slice".
/// Sources: Docker Engine's --cgroup-parent; systemd.slice(5).
std::vector<std::string> container_groups(std::string_view task_id, const ContainerId& container,
                                          std::string_view root, std::string_view driver);

/// A task id becomes a folder's name. Errors: InvalidInput (anything but 1..128 letters, digits,
/// '-' and '_').
Status check_task_id(std::string_view task_id);

/// The same for a container's id.
Status check_container_id(const ContainerId& container);

}  // namespace longshore::runtime::cgroup
