#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json_reader.hpp"
#include "agent/base/secret.hpp"

/// The task of a PayloadMessage, member for member. Numbers and words are kept as sent: what they
/// may be is judged where a task is made of them. Blocks of features that this agent does not have
/// are kept as JSON, so that it can say that they were there.
/// Source: amazon-ecs-agent:ecs-agent/acs/model/api/api-2.json.
namespace longshore::protocol {

/// Temporary keys of a role.
struct IamRoleCredentials {
  std::string credentials_id{};
  std::string role_arn{};
  std::string access_key_id{};
  Secret secret_access_key{};
  Secret session_token{};
  std::optional<std::string> expiration{};  ///< Opaque: echoed as it came.
  static IamRoleCredentials read(const JsonReader& reader);
};

/// An entry of `portMappings`.
struct PortMappingBlock {
  std::int64_t container_port = 0;
  std::int64_t host_port = 0;
  std::string container_port_range{};
  std::string protocol{};
  static PortMappingBlock read(const JsonReader& reader);
};

/// An entry of `mountPoints`.
struct MountPointBlock {
  std::string source_volume{};
  std::string container_path{};
  bool read_only = false;
  static MountPointBlock read(const JsonReader& reader);
};

/// An entry of `volumesFrom`.
struct VolumeFromBlock {
  std::string source_container{};
  bool read_only = false;
  static VolumeFromBlock read(const JsonReader& reader);
};

/// An entry of `dependsOn`.
struct ContainerDependencyBlock {
  std::string container_name{};
  std::string condition{};
  static ContainerDependencyBlock read(const JsonReader& reader);
};

/// `dockerConfig`: settings in the words of the Docker Engine API.
struct DockerConfigBlock {
  std::string version{};
  std::string config{};       ///< JSON inside a string.
  std::string host_config{};  ///< JSON inside a string.
  static DockerConfigBlock read(const JsonReader& reader);
};

/// `registryAuthentication.ecrAuthData`.
struct EcrAuthDataBlock {
  std::string registry_id{};
  std::string region{};
  std::string endpoint_override{};
  bool use_execution_role = false;
  static EcrAuthDataBlock read(const JsonReader& reader);
};

/// `registryAuthentication`: where the image's password comes from.
struct RegistryAuthenticationBlock {
  std::string type{};
  std::optional<EcrAuthDataBlock> ecr_auth_data{};
  static RegistryAuthenticationBlock read(const JsonReader& reader);
};

/// `restartPolicy`.
struct RestartPolicyBlock {
  bool enabled = false;
  std::vector<std::int64_t> ignored_exit_codes{};
  std::int64_t restart_attempt_period = 0;  ///< Seconds.
  static RestartPolicyBlock read(const JsonReader& reader);
};

/// An entry of `containers`.
struct AcsContainer {
  std::string name{};
  std::string image{};
  bool essential = false;
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  std::vector<std::string> command{};
  std::vector<std::string> entry_point{};
  std::map<std::string, std::string> environment{};
  std::optional<std::string> overrides{};  ///< JSON inside a string.
  std::vector<PortMappingBlock> port_mappings{};
  std::vector<MountPointBlock> mount_points{};
  std::vector<VolumeFromBlock> volumes_from{};
  std::vector<std::string> links{};
  std::vector<ContainerDependencyBlock> depends_on{};
  std::optional<std::int64_t> start_timeout{};
  std::optional<std::int64_t> stop_timeout{};
  std::string health_check_type{};
  std::optional<RegistryAuthenticationBlock> registry_authentication{};
  DockerConfigBlock docker_config{};
  std::string logs_auth_strategy{};
  std::optional<RestartPolicyBlock> restart_policy{};
  std::vector<nlohmann::json> secrets{};
  std::vector<nlohmann::json> environment_files{};
  nlohmann::json firelens_configuration = nlohmann::json::object();
  std::vector<nlohmann::json> managed_agents{};
  std::vector<std::string> credential_specs{};
  static AcsContainer read(const JsonReader& reader);
};

/// `dockerVolumeConfiguration`.
struct DockerVolumeBlock {
  std::string scope{};
  bool autoprovision = false;
  std::string driver{};
  std::map<std::string, std::string> driver_opts{};
  std::map<std::string, std::string> labels{};
  static DockerVolumeBlock read(const JsonReader& reader);
};

/// An entry of `volumes`.
struct AcsVolume {
  std::string name{};
  std::string type{};
  bool has_host = false;
  std::string host_source_path{};  ///< host.sourcePath
  std::optional<DockerVolumeBlock> docker{};
  static AcsVolume read(const JsonReader& reader);
};

/// An entry of `attachments`.
struct AcsAttachment {
  std::string attachment_arn{};
  std::string attachment_type{};
  static AcsAttachment read(const JsonReader& reader);
};

/// An entry of a payload's `tasks`.
struct AcsTask {
  std::string arn{};
  std::string desired_status{};
  std::string family{};
  std::string version{};
  double cpu = 0;  ///< vCPUs.
  std::int64_t memory = 0;
  std::string network_mode{};
  std::string pid_mode{};
  std::string ipc_mode{};
  bool enable_fault_injection = false;
  std::vector<AcsContainer> containers{};
  std::vector<AcsVolume> volumes{};
  std::optional<IamRoleCredentials> role_credentials{};
  std::optional<IamRoleCredentials> execution_role_credentials{};
  std::vector<nlohmann::json> elastic_network_interfaces{};
  std::vector<nlohmann::json> associations{};
  std::vector<AcsAttachment> attachments{};
  nlohmann::json proxy_configuration = nlohmann::json::object();
  static AcsTask read(const JsonReader& reader);
};

}  // namespace longshore::protocol
