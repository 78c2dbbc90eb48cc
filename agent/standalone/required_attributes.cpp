#include "agent/standalone/required_attributes.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/standalone/image_registry.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/secret_source.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

void add(Names& names, const std::string& capability) {
  names.insert("ecs.capability." + capability);
}

void add_old(Names& names, const std::string& capability) {
  names.insert("com.amazonaws.ecs.capability." + capability);
}

void add_secrets(Names& names, const json& secrets, const std::string& use) {
  for (const json& secret : secrets) {
    const SecretSource source = parse_secret_source(text_of(secret, "valueFrom"), {});
    add(names, "secrets." + source.provider + "." + use);
  }
}

void add_log(Names& names, const json& definition, const json& log) {
  const std::string driver = text_of(log, "logDriver");
  add_old(names, "logging-driver." + driver);
  add_secrets(names, list_of(log, "secretOptions"), "bootstrap.log-driver");
  if (driver == "awslogs" && has_member(definition, "executionRoleArn")) {
    add(names, "execution-role-awslogs");
  }
}

void add_image(Names& names, const json& definition, const json& container, const Site& site) {
  if (has_member(container, "repositoryCredentials")) {
    add(names, "private-registry-authentication.secretsmanager");
    return;
  }
  const bool has_role = !text_of(definition, "executionRoleArn").empty();
  const json auth = registry_authentication(text_of(container, "image"), {}, has_role, site, {});
  if (auth.is_null()) return;
  add_old(names, "ecr-auth");
  if (flag_of(auth["ecrAuthData"], "useExecutionRole")) add(names, "execution-role-ecr-pull");
}

void add_container(Names& names, const json& definition, const json& container, const Site& site) {
  add_image(names, definition, container, site);
  if (flag_of(container, "privileged")) add_old(names, "privileged-container");
  if (const json* log = find_member(container, "logConfiguration")) {
    add_log(names, definition, *log);
  }
  add_secrets(names, list_of(container, "secrets"), "environment-variables");
  if (!list_of(container, "dependsOn").empty()) add(names, "container-ordering");
  if (has_member(container, "healthCheck")) add(names, "container-health-check");
  if (flag_of(object_of(container, "restartPolicy"), "enabled")) {
    add(names, "container-restart-policy");
  }
  if (!list_of(container, "environmentFiles").empty()) add(names, "env-files.s3");
  if (!list_of(container, "credentialSpecs").empty()) add(names, "gmsa");
  if (const json* router = find_member(container, "firelensConfiguration")) {
    add(names, "firelens." + text_of(*router, "type"));
  }
  for (const json& mapping : container["portMappings"]) {
    if (has_member(mapping, "containerPortRange")) add(names, "network.container-port-range");
  }
}

void add_volume(Names& names, const json& volume) {
  if (has_member(volume, "efsVolumeConfiguration")) add(names, "efs");
  if (const json* docker = find_member(volume, "dockerVolumeConfiguration")) {
    // Attributes have no colons, plugins' tags begin with one.
    std::string driver = text_of(*docker, "driver", "local");
    std::replace(driver.begin(), driver.end(), ':', '.');
    add(names, "docker-plugin." + driver);
  }
}

}  // namespace

Names required_attributes(const json& definition, const Site& site) {
  Names names;
  if (!text_of(definition, "taskRoleArn").empty()) {
    add_old(names, text_of(definition, "networkMode") == "host" ? "task-iam-role-network-host"
                                                                : "task-iam-role");
  }
  if (has_member(definition, "cpu") || has_member(definition, "memory")) {
    add(names, "task-cpu-mem-limit");
  }
  if (has_member(definition, "pidMode") || has_member(definition, "ipcMode")) {
    add(names, "pid-ipc-namespace-sharing");
  }
  if (flag_of(definition, "enableFaultInjection")) add(names, "fault-injection");
  for (const json& volume : definition["volumes"]) add_volume(names, volume);
  for (const json& container : definition["containerDefinitions"]) {
    add_container(names, definition, container, site);
  }
  return names;
}

}  // namespace longshore::standalone
