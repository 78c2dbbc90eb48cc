#include "agent/standalone/task_payload.hpp"

#include <array>
#include <cstdlib>

#include "agent/base/json_reader.hpp"
#include "agent/base/time_text.hpp"
#include "agent/standalone/docker_config.hpp"
#include "agent/standalone/image_registry.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/secret_source.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

/// Seconds. Source: Amazon ECS API reference, ContainerRestartPolicy.
constexpr int kDefaultAttemptPeriod = 300;

std::string effective(const Task& task, const char* member) {
  return text_of(task.overrides, member, text_of(task.definition->document, member));
}

const json& override_of(const Task& task, const std::string& container) {
  static const json none = json::object();
  for (const json& entry : list_of(task.overrides, "containerOverrides")) {
    if (text_of(entry, "name") == container) return entry;
  }
  return none;
}

json environment_map(const json& environment) {
  // ECS itself adds this one, so that SDKs can tell where they run.
  json map = {{"AWS_EXECUTION_ENV", "AWS_ECS_EC2"}};
  for (const json& entry : environment) map[text_of(entry, "name")] = text_of(entry, "value");
  return map;
}

json secrets_of(const json& container, const Site& site) {
  json all = json::array();
  const auto add = [&](const json& secrets, const char* target, const char* type) {
    for (const json& secret : secrets) {
      const SecretSource source = parse_secret_source(text_of(secret, "valueFrom"), site.region);
      all.push_back({{"name", secret["name"]},
                     {"valueFrom", secret["valueFrom"]},
                     {"provider", source.provider},
                     {"region", source.region},
                     {"type", type},
                     {"target", target}});
    }
  };
  add(list_of(container, "secrets"), "CONTAINER", "ENVIRONMENT_VARIABLE");
  add(list_of(object_of(container, "logConfiguration"), "secretOptions"), "LOG_DRIVER",
      "BOOTSTRAP");
  return all;
}

json port_mappings(const json& mappings) {
  json all = json::array();
  for (const json& mapping : mappings) {
    json port = mapping;
    // Service Connect reads these two; they are no business of the agent.
    port.erase("name");
    port.erase("appProtocol");
    all.push_back(std::move(port));
  }
  return all;
}

json container_payload(const Task& task, const TaskContainer& state, const json& definition,
                       const Site& site, std::string_view origin) {
  const json& override = override_of(task, state.name);
  const json container = overridden_container(definition, override);
  const json& document = task.definition->document;
  const bool has_execution_role = !effective(task, "executionRoleArn").empty();
  json payload = {
      {"name", state.name},
      {"containerArn", state.arn},
      {"image", container["image"]},
      {"essential", container["essential"]},
      {"cpu", container["cpu"]},
      {"environment", environment_map(container["environment"])},
      {"portMappings", port_mappings(container["portMappings"])},
      {"mountPoints", container["mountPoints"]},
      {"volumesFrom", container["volumesFrom"]},
      {"links", list_of(container, "links")},
      {"overrides", "{}"},
      {"dockerConfig", docker_config(container, text_of(document, "networkMode", "bridge"))}};
  static constexpr std::array kSameNames = {
      "memory",         "entryPoint",   "command",     "environmentFiles",
      "dependsOn",      "startTimeout", "stopTimeout", "firelensConfiguration",
      "credentialSpecs"};
  for (const char* name : kSameNames) {
    if (const json* value = find_member(container, name)) payload[name] = *value;
  }
  if (const json* command = find_member(override, "command")) {
    payload["command"] = list_of(definition, "command");
    payload["overrides"] = dump_json({{"command", *command}});
  }
  if (const json* policy = find_member(container, "restartPolicy")) {
    payload["restartPolicy"] = *policy;
    payload["restartPolicy"].emplace("restartAttemptPeriod", kDefaultAttemptPeriod);
  }
  if (has_member(container, "healthCheck")) payload["healthCheckType"] = "docker";
  if (json secrets = secrets_of(container, site); !secrets.empty()) {
    payload["secrets"] = std::move(secrets);
  }
  if (has_execution_role &&
      text_of(object_of(container, "logConfiguration"), "logDriver") == "awslogs") {
    payload["logsAuthStrategy"] = "ExecutionRole";
  }
  json auth = registry_authentication(
      text_of(container, "image"),
      text_of(object_of(container, "repositoryCredentials"), "credentialsParameter"),
      has_execution_role, site, origin);
  if (!auth.is_null()) payload["registryAuthentication"] = std::move(auth);
  return payload;
}

json volume_payload(const json& volume) {
  json payload = {{"name", volume["name"]}};
  if (const json* docker = find_member(volume, "dockerVolumeConfiguration")) {
    payload["type"] = "docker";
    payload["dockerVolumeConfiguration"] = *docker;
    // ECS documents "task" and "local" for what is left out; an agent is told all of it.
    const json left_out = {{"scope", "task"},
                           {"autoprovision", false},
                           {"driver", "local"},
                           {"driverOpts", json::object()},
                           {"labels", json::object()}};
    for (const auto& [name, value] : left_out.items()) {
      payload["dockerVolumeConfiguration"].emplace(name, value);
    }
  } else if (const json* efs = find_member(volume, "efsVolumeConfiguration")) {
    payload["type"] = "efs";
    payload["efsVolumeConfiguration"] = *efs;
  } else {
    payload["type"] = "host";
    payload["host"] = object_of(volume, "host");
  }
  return payload;
}

double to_vcpus(const std::string& units) { return std::strtod(units.c_str(), nullptr) / 1024.0; }

}  // namespace

json credentials_payload(const RoleCredentials& credentials) {
  return {{"credentialsId", credentials.id},
          {"roleArn", credentials.role_arn},
          {"accessKeyId", credentials.access_key_id},
          {"secretAccessKey", credentials.secret_access_key.reveal()},
          {"sessionToken", credentials.session_token.reveal()},
          {"expiration", to_rfc3339(credentials.expiration)}};
}

json overridden_container(const json& container, const json& overrides) {
  json merged = container;
  for (const char* name : {"command", "cpu", "memory", "memoryReservation", "environmentFiles"}) {
    if (const json* value = find_member(overrides, name)) merged[name] = *value;
  }
  for (const json& entry : list_of(overrides, "environment")) {
    // Later entries win where the list becomes a map.
    merged["environment"].push_back(entry);
  }
  return merged;
}

json task_payload(const Task& task, const Site& site, std::string_view origin) {
  const json& document = task.definition->document;
  json payload = {{"arn", task.arn},
                  {"taskClusterArn", site.cluster_arn(task.cluster)},
                  {"family", task.definition->family},
                  {"version", std::to_string(task.definition->revision)},
                  {"taskDefinitionAccountId", site.account},
                  {"desiredStatus", task.desired_status},
                  {"launchType", task.launch_type},
                  {"group", task.group},
                  {"overrides", "{}"},
                  {"networkMode", text_of(document, "networkMode", "bridge")},
                  {"enableFaultInjection", flag_of(document, "enableFaultInjection")},
                  {"containers", json::array()},
                  {"volumes", json::array()}};
  for (const char* name : {"pidMode", "ipcMode"}) {
    if (const json* mode = find_member(document, name)) payload[name] = *mode;
  }
  if (const std::string cpu = effective(task, "cpu"); !cpu.empty()) {
    payload["cpu"] = to_vcpus(cpu);
  }
  if (const std::string memory = effective(task, "memory"); !memory.empty()) {
    payload["memory"] = std::strtoll(memory.c_str(), nullptr, 10);
  }
  if (task.task_role) payload["roleCredentials"] = credentials_payload(*task.task_role);
  if (task.execution_role) {
    payload["executionRoleCredentials"] = credentials_payload(*task.execution_role);
  }
  const json& definitions = document["containerDefinitions"];
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    payload["containers"].push_back(
        container_payload(task, task.containers[i], definitions[i], site, origin));
  }
  for (const json& volume : document["volumes"]) {
    payload["volumes"].push_back(volume_payload(volume));
  }
  return payload;
}

}  // namespace longshore::standalone
