#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/ids.hpp"

namespace longshore::core {

/// What a container waits for before it may be created.
enum class DependencyCondition {
  Create,    ///< The other one exists (volumesFrom).
  Start,     ///< It has started, or has already ended.
  Complete,  ///< It has ended with an exit code.
  Success,   ///< It has ended with exit code 0.
  Healthy,   ///< Its health check passes.
};

/// Another container of the task that must have come this far first.
struct Dependency {
  ContainerName container{};
  DependencyCondition condition = DependencyCondition::Start;
  friend bool operator==(const Dependency&, const Dependency&) = default;
};

/// A port or, as `containerPortRange`, several in a row.
struct PortMapping {
  std::uint16_t container_port = 0;  ///< 0: nothing is published, `host_port` counts as taken.
  std::uint16_t host_port = 0;       ///< 0: any free port; always so for a range.
  std::string protocol = "tcp";
  std::uint16_t container_port_last = 0;  ///< Of a range, included; 0: one port.
  friend bool operator==(const PortMapping&, const PortMapping&) = default;
};

struct MountPoint {
  std::string source{};  ///< A path of the host; empty when `volume` is set.
  std::string container_path{};
  bool read_only = false;
  std::string volume{};  ///< Name of one of TaskSpec::volumes, or empty.
  friend bool operator==(const MountPoint&, const MountPoint&) = default;
};

/// Who a volume of the engine belongs to.
enum class VolumeScope {
  Task,    ///< Made with the task under a name of its own, removed with it.
  Shared,  ///< Under its own name, never removed.
};

/// A volume that the engine keeps (`dockerVolumeConfiguration`, or a host volume without a path).
struct Volume {
  std::string name{};
  VolumeScope scope = VolumeScope::Task;
  bool autoprovision = false;  ///< Shared only: made when it is missing.
  std::string driver{};        ///< Empty: the engine's default, "local".
  std::map<std::string, std::string> driver_options{};
  std::map<std::string, std::string> labels{};
  friend bool operator==(const Volume&, const Volume&) = default;
};

/// All mounts of another container of the task.
struct VolumesFrom {
  ContainerName source{};
  bool read_only = false;
  friend bool operator==(const VolumesFrom&, const VolumesFrom&) = default;
};

/// Another container of the task under a name of its own (bridge network only).
struct Link {
  ContainerName target{};
  std::string alias{};
  friend bool operator==(const Link&, const Link&) = default;
};

/// How to get the registry's password from ECR (`registryAuthentication.ecrAuthData`).
struct EcrAuth {
  std::string registry_id{};  ///< Empty as all others: the task did not say, and there is no login.
  std::string region{};
  std::string endpoint_override{};
  bool use_execution_role = false;
  friend bool operator==(const EcrAuth&, const EcrAuth&) = default;
};

/// When a container that ended is started again in place (`restartPolicy`, when enabled).
struct RestartPolicy {
  std::vector<int> ignored_exit_codes{};   ///< Ends that are final.
  std::chrono::seconds attempt_period{0};  ///< A run shorter than this is final, too.
  friend bool operator==(const RestartPolicy&, const RestartPolicy&) = default;
};

/// A mistake in what the task says of one container: that container cannot be created, the others
/// can. Its image is pulled all the same, as the official agent does, and the create then fails.
struct Flaw {
  std::string name{};  ///< ECS's word for such a failure: "HostConfigError".
  std::string text{};
  friend bool operator==(const Flaw&, const Flaw&) = default;
};

enum class ContainerKind {
  Normal,          ///< Of the task definition.
  NamespacePause,  ///< Ours: holds the namespaces of pidMode and ipcMode `task`. Never reported.
};

/// The name of a NamespacePause container.
/// Source: amazon-ecs-agent:agent/api/task/task.go (NamespacePauseContainerName).
inline constexpr const char* kNamespacePauseName = "~internal~ecs~pause~namespace";

/// One container as the control plane wants it.
struct ContainerSpec {
  ContainerName name{};
  std::string image{};
  bool essential = false;
  std::int64_t cpu_units = 0;               ///< 1024 = one vCPU.
  std::int64_t memory_mib = 0;              ///< 0: no limit of its own.
  std::int64_t memory_reservation_mib = 0;  ///< 0: none. What admission counts, when given.
  std::optional<std::vector<std::string>> command{};
  std::optional<std::vector<std::string>> entry_point{};
  std::map<std::string, std::string> environment{};
  std::vector<PortMapping> ports{};
  std::vector<MountPoint> mounts{};
  std::vector<VolumesFrom> volumes_from{};
  std::vector<Link> links{};
  std::vector<Dependency> depends_on{};  ///< Explicit and implied (links, volumesFrom).
  std::optional<std::chrono::seconds> stop_timeout{};
  std::optional<std::chrono::seconds> start_timeout{};  ///< Bounds the waits of its dependants.
  bool has_health_check = false;                        ///< healthCheckType is "docker".
  std::string config_patch{};  ///< dockerConfig.config: a JSON object, or empty.
  std::string host_config_patch{};
  std::string min_api_version{};
  std::optional<EcrAuth> ecr_auth{};
  std::optional<RestartPolicy> restart_policy{};
  std::optional<Flaw> flaw{};  ///< What is flawed is in no other member.
  ContainerKind kind = ContainerKind::Normal;
  friend bool operator==(const ContainerSpec&, const ContainerSpec&) = default;
};

/// A task as the control plane wants it; never changes after it was accepted.
struct TaskSpec {
  TaskArn arn{};
  std::string family{};
  std::string version{};
  double cpu_vcpus = 0;         ///< 0: no limit for the task as a whole.
  std::int64_t memory_mib = 0;  ///< 0: no limit for the task as a whole.
  std::string network_mode{};   ///< "bridge", "host", "none"; empty is bridge.
  std::string pid_mode{};       ///< "", "host" or "task".
  std::string ipc_mode{};       ///< "", "host", "none" or "task".
  std::string task_role_credentials_id{};
  std::string execution_role_credentials_id{};
  std::vector<ContainerSpec> containers{};
  std::vector<Volume> volumes{};
  friend bool operator==(const TaskSpec&, const TaskSpec&) = default;
};

}  // namespace longshore::core
