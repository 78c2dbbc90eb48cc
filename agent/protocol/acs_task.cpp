#include "agent/protocol/acs_task.hpp"

#include <string_view>

namespace longshore::protocol {
namespace {

std::string text(const JsonReader& reader, std::string_view member) {
  return reader.string(member).value_or("");
}

template <typename Block>
std::optional<Block> block(const JsonReader& reader, std::string_view member) {
  const auto found = reader.get(member);
  return found ? std::optional(Block::read(*found)) : std::nullopt;
}

template <typename Block>
std::vector<Block> blocks(const JsonReader& reader, std::string_view member) {
  std::vector<Block> values;
  for (const JsonReader& item : reader.list(member)) values.push_back(Block::read(item));
  return values;
}

nlohmann::json object(const JsonReader& reader) {
  if (!reader.raw().is_object()) reader.reject("expected an object");
  return reader.raw();
}

std::vector<nlohmann::json> objects(const JsonReader& reader, std::string_view member) {
  std::vector<nlohmann::json> values;
  for (const JsonReader& item : reader.list(member)) values.push_back(object(item));
  return values;
}

nlohmann::json object_or_empty(const JsonReader& reader, std::string_view member) {
  const auto found = reader.get(member);
  return found ? object(*found) : nlohmann::json::object();
}

std::map<std::string, std::string> string_map(const JsonReader& reader, std::string_view member) {
  std::map<std::string, std::string> values;
  const auto found = reader.get(member);
  if (!found) return values;
  for (const auto& [name, value] : found->members()) {
    values[name] = value.raw().is_null() ? std::string{} : value.as_string();
  }
  return values;
}

/// Members that this agent has no use for still count when a message is judged decodable.
void check_strings(const JsonReader& reader, std::initializer_list<std::string_view> members) {
  for (const std::string_view member : members) static_cast<void>(reader.string(member));
}

}  // namespace

IamRoleCredentials IamRoleCredentials::read(const JsonReader& reader) {
  check_strings(reader, {"credentialScope"});
  return {.credentials_id = text(reader, "credentialsId"),
          .role_arn = text(reader, "roleArn"),
          .access_key_id = text(reader, "accessKeyId"),
          .secret_access_key = Secret(text(reader, "secretAccessKey")),
          .session_token = Secret(text(reader, "sessionToken")),
          .expiration = reader.string("expiration")};
}

PortMappingBlock PortMappingBlock::read(const JsonReader& reader) {
  return {.container_port = reader.integer("containerPort").value_or(0),
          .host_port = reader.integer("hostPort").value_or(0),
          .container_port_range = text(reader, "containerPortRange"),
          .protocol = text(reader, "protocol")};
}

MountPointBlock MountPointBlock::read(const JsonReader& reader) {
  return {.source_volume = text(reader, "sourceVolume"),
          .container_path = text(reader, "containerPath"),
          .read_only = reader.boolean("readOnly").value_or(false)};
}

VolumeFromBlock VolumeFromBlock::read(const JsonReader& reader) {
  return {.source_container = text(reader, "sourceContainer"),
          .read_only = reader.boolean("readOnly").value_or(false)};
}

ContainerDependencyBlock ContainerDependencyBlock::read(const JsonReader& reader) {
  return {.container_name = text(reader, "containerName"), .condition = text(reader, "condition")};
}

DockerConfigBlock DockerConfigBlock::read(const JsonReader& reader) {
  return {.version = text(reader, "version"),
          .config = text(reader, "config"),
          .host_config = text(reader, "hostConfig")};
}

EcrAuthDataBlock EcrAuthDataBlock::read(const JsonReader& reader) {
  return {.registry_id = text(reader, "registryId"),
          .region = text(reader, "region"),
          .endpoint_override = text(reader, "endpointOverride"),
          .use_execution_role = reader.boolean("useExecutionRole").value_or(false)};
}

RegistryAuthenticationBlock RegistryAuthenticationBlock::read(const JsonReader& reader) {
  static_cast<void>(object_or_empty(reader, "asmAuthData"));
  return {.type = text(reader, "type"),
          .ecr_auth_data = block<EcrAuthDataBlock>(reader, "ecrAuthData")};
}

RestartPolicyBlock RestartPolicyBlock::read(const JsonReader& reader) {
  RestartPolicyBlock policy{
      .enabled = reader.boolean("enabled").value_or(false),
      .restart_attempt_period = reader.integer("restartAttemptPeriod").value_or(0)};
  for (const JsonReader& code : reader.list("ignoredExitCodes")) {
    policy.ignored_exit_codes.push_back(code.as_int());
  }
  return policy;
}

AcsContainer AcsContainer::read(const JsonReader& reader) {
  check_strings(reader, {"containerArn"});
  AcsContainer container;
  container.name = text(reader, "name");
  container.image = text(reader, "image");
  container.essential = reader.boolean("essential").value_or(false);
  container.cpu = reader.integer("cpu").value_or(0);
  container.memory = reader.integer("memory").value_or(0);
  container.command = reader.strings("command");
  container.entry_point = reader.strings("entryPoint");
  container.environment = string_map(reader, "environment");
  container.overrides = reader.string("overrides");
  container.port_mappings = blocks<PortMappingBlock>(reader, "portMappings");
  container.mount_points = blocks<MountPointBlock>(reader, "mountPoints");
  container.volumes_from = blocks<VolumeFromBlock>(reader, "volumesFrom");
  container.links = reader.strings("links");
  container.depends_on = blocks<ContainerDependencyBlock>(reader, "dependsOn");
  container.start_timeout = reader.integer("startTimeout");
  container.stop_timeout = reader.integer("stopTimeout");
  container.health_check_type = text(reader, "healthCheckType");
  container.registry_authentication =
      block<RegistryAuthenticationBlock>(reader, "registryAuthentication");
  container.docker_config =
      block<DockerConfigBlock>(reader, "dockerConfig").value_or(DockerConfigBlock{});
  container.logs_auth_strategy = text(reader, "logsAuthStrategy");
  container.restart_policy = block<RestartPolicyBlock>(reader, "restartPolicy");
  container.secrets = objects(reader, "secrets");
  container.environment_files = objects(reader, "environmentFiles");
  container.firelens_configuration = object_or_empty(reader, "firelensConfiguration");
  container.managed_agents = objects(reader, "managedAgents");
  container.credential_specs = reader.strings("credentialSpecs");
  return container;
}

DockerVolumeBlock DockerVolumeBlock::read(const JsonReader& reader) {
  return {.scope = text(reader, "scope"),
          .autoprovision = reader.boolean("autoprovision").value_or(false),
          .driver = text(reader, "driver"),
          .driver_opts = string_map(reader, "driverOpts"),
          .labels = string_map(reader, "labels")};
}

AcsVolume AcsVolume::read(const JsonReader& reader) {
  AcsVolume volume{.name = text(reader, "name"), .type = text(reader, "type")};
  if (const auto host = reader.get("host")) {
    volume.has_host = true;
    volume.host_source_path = text(*host, "sourcePath");
  }
  volume.docker = block<DockerVolumeBlock>(reader, "dockerVolumeConfiguration");
  return volume;
}

AcsAttachment AcsAttachment::read(const JsonReader& reader) {
  static_cast<void>(objects(reader, "attachmentProperties"));
  return {.attachment_arn = text(reader, "attachmentArn"),
          .attachment_type = text(reader, "attachmentType")};
}

AcsTask AcsTask::read(const JsonReader& reader) {
  // A null in the list is a task without anything; it fails later for want of an ARN.
  if (reader.raw().is_null()) return {};
  check_strings(reader, {"overrides", "launchType", "serviceName", "group", "taskClusterArn"});
  AcsTask task;
  task.arn = text(reader, "arn");
  task.desired_status = text(reader, "desiredStatus");
  task.family = text(reader, "family");
  task.version = text(reader, "version");
  task.cpu = reader.number("cpu").value_or(0);
  task.memory = reader.integer("memory").value_or(0);
  task.network_mode = text(reader, "networkMode");
  task.pid_mode = text(reader, "pidMode");
  task.ipc_mode = text(reader, "ipcMode");
  task.enable_fault_injection = reader.boolean("enableFaultInjection").value_or(false);
  task.containers = blocks<AcsContainer>(reader, "containers");
  task.volumes = blocks<AcsVolume>(reader, "volumes");
  task.role_credentials = block<IamRoleCredentials>(reader, "roleCredentials");
  task.execution_role_credentials = block<IamRoleCredentials>(reader, "executionRoleCredentials");
  task.elastic_network_interfaces = objects(reader, "elasticNetworkInterfaces");
  task.associations = objects(reader, "associations");
  task.attachments = blocks<AcsAttachment>(reader, "attachments");
  task.proxy_configuration = object_or_empty(reader, "proxyConfiguration");
  return task;
}

}  // namespace longshore::protocol
