#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::runtime::cgroup {

/// What CgroupParent shall be for one task. Engines with the systemd driver take only a slice
/// ("ecstasks-<id>.slice"), those with cgroupfs a path ("<root>/<id>").
/// Source: amazon-ecs-agent:agent/config/config_unix.go and agent/taskresource/cgroup.
std::string cgroup_parent_for(std::string_view task_id, std::string_view root,
                              std::string_view driver);

/// A task id becomes a folder's name. Errors: InvalidInput (anything but 1..128 letters, digits,
/// '-' and '_').
Status check_task_id(std::string_view task_id);

}  // namespace longshore::runtime::cgroup
