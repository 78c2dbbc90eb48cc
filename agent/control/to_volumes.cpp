#include "agent/control/to_volumes.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace longshore::control {
namespace {

constexpr std::size_t kMaxVolumes = 1'000;
/// What a volume of the engine may bring in options and in labels; ECS itself allows far fewer.
constexpr std::size_t kMaxEntries = 1'000;

bool is_mounted(const protocol::AcsTask& task, const std::string& volume) {
  const auto mounts = [&](const protocol::MountPointBlock& m) { return m.source_volume == volume; };
  return std::any_of(task.containers.begin(), task.containers.end(), [&](const auto& container) {
    return std::any_of(container.mount_points.begin(), container.mount_points.end(), mounts);
  });
}

Result<core::Volume> to_kept_volume(const std::string& name,
                                    const protocol::DockerVolumeBlock& wire, std::string_view at) {
  for (const auto& [member, size] :
       {std::pair{"driverOpts", wire.driver_opts.size()}, {"labels", wire.labels.size()}}) {
    if (size > kMaxEntries) {
      return fail(ErrorCode::Conflict, "{}.{}: at most {} entries, got {}", at, member, kMaxEntries,
                  size);
    }
  }
  return core::Volume{
      .name = name,
      .scope = wire.scope == "task" ? core::VolumeScope::Task : core::VolumeScope::Shared,
      .autoprovision = wire.autoprovision,
      .driver = wire.driver,
      .driver_options = wire.driver_opts,
      .labels = wire.labels};
}

Status add_volume(TaskVolumes& volumes, const protocol::AcsTask& task,
                  const protocol::AcsVolume& wire, const std::string& at) {
  const auto missing = [&](std::string_view member) {
    return fail(ErrorCode::InvalidInput, "{}.{}: required, but missing", at, member);
  };
  if (wire.name.empty()) return missing("name");
  if (volumes.paths.contains(wire.name)) {
    return fail(ErrorCode::Conflict, "{}.name: expected a name of its own, got {} again", at,
                wire.name);
  }
  auto& path = volumes.paths[wire.name];
  if (wire.type == "docker") {
    if (!wire.docker) return missing("dockerVolumeConfiguration");
    auto volume = to_kept_volume(wire.name, *wire.docker, at + ".dockerVolumeConfiguration");
    if (!volume) return fail(volume.error());
    volumes.kept.push_back(*std::move(volume));
    return {};
  }
  if (!wire.type.empty() && wire.type != "host") {
    return fail(ErrorCode::InvalidInput, "{}.type: expected host or docker, got {}", at, wire.type);
  }
  if (!wire.has_host) return missing("host");
  if (!wire.host_source_path.empty()) {
    path = wire.host_source_path;
  } else if (is_mounted(task, wire.name)) {
    volumes.kept.push_back({.name = wire.name});
  }
  return {};
}

}  // namespace

Result<TaskVolumes> to_volumes(const protocol::AcsTask& task) {
  const std::vector<protocol::AcsVolume>& wire = task.volumes;
  if (wire.size() > kMaxVolumes) {
    return fail(ErrorCode::Conflict, "volumes: at most {} entries, got {}", kMaxVolumes,
                wire.size());
  }
  TaskVolumes volumes;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (auto status = add_volume(volumes, task, wire[i], fmt::format("volumes[{}]", i)); !status) {
      return fail(status.error());
    }
  }
  return volumes;
}

}  // namespace longshore::control
