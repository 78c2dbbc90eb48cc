#include "agent/engine/container_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"

namespace longshore::engine {
namespace {

using Environment = std::map<std::string, std::string>;

bool sets(const std::vector<std::string>& environment, const std::string& key) {
  return std::any_of(environment.begin(), environment.end(), [&](const std::string& entry) {
    return entry.size() > key.size() && entry.compare(0, key.size(), key) == 0 &&
           entry[key.size()] == '=';
  });
}

/// Both region variables or none: a task that names one has chosen, and so has an image.
void add_region(Environment& variables, const std::vector<std::string>& image_environment,
                const std::string& region) {
  for (const char* key : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (variables.contains(key) || sets(image_environment, key)) return;
  }
  variables["AWS_REGION"] = region;
  variables["AWS_DEFAULT_REGION"] = region;
}

std::vector<std::string> environment_of(const core::TaskState& task, core::ContainerIndex i,
                                        const std::vector<std::string>& image_environment,
                                        const EngineSettings& settings) {
  Environment variables = task.spec->containers[i].environment;
  const std::string& endpoint = task.containers[i].endpoint_id;
  variables["ECS_CONTAINER_METADATA_URI"] = "http://169.254.170.2/v3/" + endpoint;
  variables["ECS_CONTAINER_METADATA_URI_V4"] = "http://169.254.170.2/v4/" + endpoint;
  variables["ECS_AGENT_URI"] = "http://169.254.170.2/api/" + endpoint;
  if (!task.spec->task_role_credentials_id.empty()) {
    variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] =
        "/v2/credentials/" + task.spec->task_role_credentials_id;
  }
  add_region(variables, image_environment, settings.region);
  std::vector<std::string> entries;
  for (const auto& [key, value] : variables) entries.push_back(key + "=" + value);
  return entries;
}

/// The engine's name of another container of the same task.
std::string runtime_name_of(const core::TaskState& task, const ContainerName& name) {
  for (core::ContainerIndex i = 0; i < task.containers.size(); ++i) {
    if (task.spec->containers[i].name == name) return task.containers[i].runtime_name;
  }
  return name.str();  // check_order() has refused such a task; the engine will say it again.
}

std::string with_mode(std::string bind, bool read_only) {
  return read_only ? std::move(bind) + ":ro" : bind;
}

/// A member of the engine's words for a container. Absent when the patch is empty or broken, which
/// the engine adapter would find out, too.
template <typename Read>
bool says(const std::string& patch, Read read) {
  return !patch.empty() && read_json(patch, read).value_or(false);
}

bool asks_privileged(const core::ContainerSpec& wanted) {
  return says(wanted.host_config_patch,
              [](const JsonReader& r) { return r.boolean("Privileged").value_or(false); });
}

bool describes_health_check(const core::ContainerSpec& wanted) {
  return says(wanted.config_patch,
              [](const JsonReader& r) { return r.get("Healthcheck").has_value(); });
}

/// The engine's name of a volume; a path stays what it is.
std::string mount_source(const core::TaskState& task, const core::MountPoint& mount) {
  const auto& volumes = task.spec->volumes;
  const auto found = std::find_if(volumes.begin(), volumes.end(),
                                  [&](const core::Volume& v) { return v.name == mount.volume; });
  if (mount.volume.empty() || found == volumes.end()) return mount.source;
  return task.volume_names[static_cast<std::size_t>(found - volumes.begin())];
}

/// The engine's id of the task's namespace pause container; empty when there is none, or not yet.
ContainerId pause_id(const core::TaskState& task) {
  for (core::ContainerIndex i = 0; i < task.containers.size(); ++i) {
    if (task.spec->containers[i].kind == core::ContainerKind::NamespacePause) {
      return task.containers[i].runtime_id;
    }
  }
  return {};
}

/// A mode "task" is the pause container's namespace; the others are the engine's own words.
std::string namespace_of(const std::string& mode, const ContainerId& pause) {
  return mode == "task" ? "container:" + pause.str() : mode;
}

/// The container that does nothing but hold what the others share. It gets no environment, and no
/// namespace of the host even where the task asks for one.
void set_up_pause(runtime::ContainerSpec& spec, const core::TaskSpec& task,
                  const EngineSettings& settings) {
  spec.network_mode = "none";
  if (task.ipc_mode == "task") spec.ipc_mode = "shareable";
  // The labels by which we know our containers are not for a setting to change.
  spec.labels.insert(settings.pause_labels.begin(), settings.pause_labels.end());
}

/// What makes the request impossible before the engine is asked; nullopt: nothing.
std::optional<RequestFailure> find_failure(const core::TaskState& task,
                                           const core::ContainerSpec& wanted,
                                           const EngineSettings& settings) {
  const auto failure = [&](std::string name, std::string_view text) {
    return RequestFailure{
        std::move(name),
        {ErrorCode::InvalidInput, fmt::format("container {}: {}", wanted.name.str(), text)}};
  };
  if (wanted.flaw) {
    return RequestFailure{wanted.flaw->name, {ErrorCode::InvalidInput, wanted.flaw->text}};
  }
  if (settings.privileged_disabled && asks_privileged(wanted)) {
    return failure("CannotCreateContainerError",
                   "asks for privileged mode, which ECS_DISABLE_PRIVILEGED forbids on this host");
  }
  if (wanted.has_health_check && !describes_health_check(wanted)) {
    // Source of the words: amazon-ecs-agent:agent/api/task/task.go (dockerConfig).
    return RequestFailure{"DockerClientConfigError",
                          {ErrorCode::InvalidInput,
                           "docker health check is nil while container health check type is "
                           "DOCKER"}};
  }
  const bool shares = task.spec->pid_mode == "task" || task.spec->ipc_mode == "task";
  if (shares && wanted.kind == core::ContainerKind::Normal && pause_id(task).empty()) {
    return failure("HostConfigError", "nothing holds the namespaces of pidMode or ipcMode task");
  }
  return std::nullopt;
}

}  // namespace

tl::expected<runtime::ContainerSpec, RequestFailure> to_runtime_spec(
    const core::TaskState& task, core::ContainerIndex container,
    const std::vector<std::string>& image_environment, std::string cgroup_parent,
    const EngineSettings& settings) {
  const core::ContainerSpec& wanted = task.spec->containers[container];
  if (auto failure = find_failure(task, wanted, settings)) {
    return tl::unexpected(*std::move(failure));
  }
  runtime::ContainerSpec spec;
  spec.name = task.containers[container].runtime_name;
  spec.image = wanted.image;
  spec.labels = {{kTaskArnLabel, task.spec->arn.str()},
                 {kContainerNameLabel, wanted.name.str()},
                 {kFamilyLabel, task.spec->family},
                 {kVersionLabel, task.spec->version},
                 {kClusterLabel, settings.cluster}};
  spec.command = wanted.command;
  spec.entry_point = wanted.entry_point;
  spec.cpu_shares = wanted.cpu_units;
  spec.memory_bytes = wanted.memory_mib * 1'048'576;
  for (const auto& l : wanted.links) {
    spec.links.push_back(runtime_name_of(task, l.target) + ":" + l.alias);
  }
  for (const auto& v : wanted.volumes_from) {
    spec.volumes_from.push_back(with_mode(runtime_name_of(task, v.source), v.read_only));
  }
  for (const auto& m : wanted.mounts) {
    spec.binds.push_back(with_mode(mount_source(task, m) + ":" + m.container_path, m.read_only));
  }
  spec.cgroup_parent = std::move(cgroup_parent);
  spec.awslogs_endpoint = settings.awslogs_endpoint;
  spec.config_patch = wanted.config_patch;
  spec.host_config_patch = wanted.host_config_patch;
  spec.min_api_version = wanted.min_api_version;
  if (wanted.kind == core::ContainerKind::NamespacePause) {
    set_up_pause(spec, *task.spec, settings);
    return spec;
  }
  const ContainerId pause = pause_id(task);
  spec.environment = environment_of(task, container, image_environment, settings);
  spec.pid_mode = namespace_of(task.spec->pid_mode, pause);
  spec.ipc_mode = namespace_of(task.spec->ipc_mode, pause);
  return spec;
}

bool joins_network(const core::TaskSpec& task, const core::ContainerSpec& container) {
  if (container.kind != core::ContainerKind::Normal) return false;
  const auto stays_out = [](const std::string& mode) {
    return mode == "host" || mode == "none" || mode.starts_with("container:");
  };
  if (!task.network_mode.empty()) return !stays_out(task.network_mode);
  return !says(container.host_config_patch, [&](const JsonReader& r) {
    return stays_out(r.string("NetworkMode").value_or(""));
  });
}

}  // namespace longshore::engine
