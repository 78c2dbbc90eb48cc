#include "runtime/container_cgroup.hpp"

#include <algorithm>
#include <optional>

#include "agent/base/text.hpp"

namespace longshore::runtime {
namespace {

/// The group that `controller` has the process in; "" asks for the v2 group. Lines read
/// "4:memory:/docker/8b6c…", "3:cpu,cpuacct:/docker/8b6c…", "0::/docker/8b6c…".
std::optional<std::string_view> group_of(std::string_view proc_pid_cgroup,
                                         std::string_view controller) {
  for (const std::string_view line : split(proc_pid_cgroup, '\n')) {
    const auto first = line.find(':');
    if (first == std::string_view::npos) continue;
    const auto second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = split(line.substr(first + 1, second - first - 1), ',');
    if (std::find(controllers.begin(), controllers.end(), controller) == controllers.end()) {
      continue;
    }
    return line.substr(second + 1);
  }
  return std::nullopt;
}

std::string_view cut_below_container(std::string_view group, const ContainerId& id) {
  if (id.empty()) return group;
  const auto at = group.find(id.str());
  return at == std::string_view::npos ? group : group.substr(0, group.find('/', at));
}

Result<std::string> directory(std::string_view proc_pid_cgroup, std::string_view controller,
                              const ContainerId& id, const CgroupMounts& mounts) {
  const std::string mount = mounts.path_for(controller);
  if (mount.empty()) return fail(ErrorCode::Unavailable, "no {} hierarchy is mounted", controller);
  const auto group = group_of(proc_pid_cgroup, mounts.version() == 2 ? "" : controller);
  if (!group) return fail(ErrorCode::NotFound, "the process has no {} cgroup", controller);
  if (group->starts_with("/..")) {
    return fail(ErrorCode::Unavailable, "cgroup {} is outside of this cgroup namespace", *group);
  }
  return mount + std::string(cut_below_container(*group, id));
}

}  // namespace

Result<ContainerCgroup> find_container_cgroup(std::string_view proc_pid_cgroup,
                                              const ContainerId& id, const CgroupMounts& mounts) {
  ContainerCgroup found;
  found.version = mounts.version() == 2 ? CgroupVersion::V2 : CgroupVersion::V1;
  auto memory = directory(proc_pid_cgroup, "memory", id, mounts);
  if (!memory) return fail(std::move(memory).error());
  found.memory = std::move(*memory);
  if (found.version == CgroupVersion::V2) {
    found.cpu = found.memory;
    found.io = found.memory;
    return found;
  }
  auto cpu = directory(proc_pid_cgroup, "cpuacct", id, mounts);
  if (!cpu) return fail(std::move(cpu).error());
  found.cpu = std::move(*cpu);
  found.io = directory(proc_pid_cgroup, "blkio", id, mounts).value_or("");
  return found;
}

}  // namespace longshore::runtime
