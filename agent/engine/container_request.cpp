#include "agent/engine/container_request.hpp"

#include <algorithm>
#include <map>

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

bool asks_privileged(const std::string& host_config_patch) {
  if (host_config_patch.empty()) return false;
  const auto asked = read_json(host_config_patch, [](const JsonReader& r) {
    return r.boolean("Privileged").value_or(false);
  });
  return asked.value_or(false);
}

}  // namespace

Result<runtime::ContainerSpec> to_runtime_spec(const core::TaskState& task,
                                               core::ContainerIndex container,
                                               const std::vector<std::string>& image_environment,
                                               std::string cgroup_parent,
                                               const EngineSettings& settings) {
  const core::ContainerSpec& wanted = task.spec->containers[container];
  if (settings.privileged_disabled && asks_privileged(wanted.host_config_patch)) {
    return fail(ErrorCode::InvalidInput,
                "container {} asks for privileged mode, which ECS_DISABLE_PRIVILEGED forbids on "
                "this host",
                wanted.name.str());
  }
  runtime::ContainerSpec spec;
  spec.name = task.containers[container].runtime_name;
  spec.image = wanted.image;
  spec.labels = {{kTaskArnLabel, task.spec->arn.str()},
                 {kContainerNameLabel, wanted.name.str()},
                 {"com.amazonaws.ecs.task-definition-family", task.spec->family},
                 {"com.amazonaws.ecs.task-definition-version", task.spec->version},
                 {"com.amazonaws.ecs.cluster", settings.cluster}};
  spec.environment = environment_of(task, container, image_environment, settings);
  spec.command = wanted.command;
  spec.entry_point = wanted.entry_point;
  spec.cpu_shares = wanted.cpu_units;
  spec.memory_bytes = wanted.memory_mib * 1'048'576;
  for (const auto& p : wanted.ports) {
    spec.ports.push_back(
        {.container_port = p.container_port, .host_port = p.host_port, .protocol = p.protocol});
  }
  for (const auto& l : wanted.links) {
    spec.links.push_back(runtime_name_of(task, l.target) + ":" + l.alias);
  }
  for (const auto& v : wanted.volumes_from) {
    spec.volumes_from.push_back(with_mode(runtime_name_of(task, v.source), v.read_only));
  }
  for (const auto& m : wanted.mounts) {
    spec.binds.push_back(with_mode(m.source + ":" + m.container_path, m.read_only));
  }
  spec.cgroup_parent = std::move(cgroup_parent);
  spec.pid_mode = task.spec->pid_mode;
  spec.ipc_mode = task.spec->ipc_mode;
  spec.config_patch = wanted.config_patch;
  spec.host_config_patch = wanted.host_config_patch;
  spec.min_api_version = wanted.min_api_version;
  return spec;
}

core::Health to_health(runtime::HealthStatus status) {
  switch (status) {
    case runtime::HealthStatus::Healthy:
      return core::Health::Healthy;
    case runtime::HealthStatus::Unhealthy:
      return core::Health::Unhealthy;
    case runtime::HealthStatus::Starting:
    case runtime::HealthStatus::None:
      return core::Health::Unknown;
  }
  return core::Health::Unknown;
}

core::Observation to_observation(const runtime::ContainerState& state) {
  core::Observation seen;
  seen.alive = state.alive;
  seen.has_run = state.alive || state.started_at.has_value();
  if (!state.alive) {
    seen.exit = {.code = state.exit_code, .out_of_memory = state.oom_killed, .error = state.error};
  }
  for (const auto& p : state.ports) {
    seen.network_bindings.push_back({.bind_ip = p.bind_ip,
                                     .container_port = p.container_port,
                                     .host_port = p.host_port,
                                     .protocol = p.protocol});
  }
  seen.health = to_health(state.health);
  seen.started_at = state.started_at;
  return seen;
}

}  // namespace longshore::engine
