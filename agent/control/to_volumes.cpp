#include "agent/control/to_volumes.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace longshore::control {
namespace {

constexpr std::size_t kMaxVolumes = 1'000;
/// What a volume of the engine may bring in options and in labels; ECS itself allows far fewer.
constexpr std::size_t kMaxEntries = 1'000;

Result<core::VolumeScope> to_scope(const protocol::DockerVolumeBlock& wire, std::string_view at) {
  if (wire.scope == "shared") return core::VolumeScope::Shared;
  if (wire.scope != "task") {
    return fail(ErrorCode::InvalidInput, "{}.scope: expected task or shared, got {}", at,
                wire.scope.empty() ? "nothing" : wire.scope);
  }
  if (wire.autoprovision) {
    return fail(ErrorCode::InvalidInput,
                "{}.autoprovision: expected false with scope task, got true", at);
  }
  return core::VolumeScope::Task;
}

Result<core::Volume> to_kept_volume(const std::string& name,
                                    const protocol::DockerVolumeBlock& wire, std::string_view at) {
  const auto scope = to_scope(wire, at);
  if (!scope) return fail(scope.error());
  for (const auto& [member, size] :
       {std::pair{"driverOpts", wire.driver_opts.size()}, {"labels", wire.labels.size()}}) {
    if (size > kMaxEntries) {
      return fail(ErrorCode::Conflict, "{}.{}: at most {} entries, got {}", at, member, kMaxEntries,
                  size);
    }
  }
  return core::Volume{.name = name,
                      .scope = *scope,
                      .autoprovision = wire.autoprovision,
                      .driver = wire.driver,
                      .driver_options = wire.driver_opts,
                      .labels = wire.labels};
}

Status add_volume(TaskVolumes& volumes, const protocol::AcsVolume& wire, const std::string& at) {
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
  if (wire.host_source_path.empty()) {
    volumes.kept.push_back({.name = wire.name});
  } else {
    path = wire.host_source_path;
  }
  return {};
}

}  // namespace

Result<TaskVolumes> to_volumes(const std::vector<protocol::AcsVolume>& wire) {
  if (wire.size() > kMaxVolumes) {
    return fail(ErrorCode::Conflict, "volumes: at most {} entries, got {}", kMaxVolumes,
                wire.size());
  }
  TaskVolumes volumes;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    if (auto status = add_volume(volumes, wire[i], fmt::format("volumes[{}]", i)); !status) {
      return fail(status.error());
    }
  }
  return volumes;
}

}  // namespace longshore::control
