#include "config/known_names.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "agent/base/text.hpp"
#include "config/grammar.hpp"
#include "config/setting.hpp"

namespace longshore::config {
namespace {

/// Levenshtein distance, ignoring case.
std::size_t distance(std::string_view a, std::string_view b) {
  const std::string left = to_lower(a);
  const std::string right = to_lower(b);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.size() > 128) return {};
  std::string_view best;
  // Further away it is another word, not a slip.
  std::size_t best_distance = name.size() / 4 + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty()) continue;
    const std::size_t d = distance(name, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace

// Source: amazon-ecs-agent:agent/config/config.go, ecs-init/config/common.go, README.md.
const std::vector<UnimplementedName>& unimplemented_names() {
  static const std::vector<UnimplementedName> names{
      {"ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM", "ContainerInstancePropagateTagsFrom", "none"},
      {"ECS_INSTANCE_IP_COMPATIBILITY", "", "ipv4"},
      {"ECS_WARM_POOLS_CHECK", "WarmPoolsSupport", "false"},
      {"ECS_ENABLE_SPOT_INSTANCE_DRAINING", "SpotInstanceDrainingEnabled", "false"},
      {"", "NoIID", "false"},
      {"ECS_CHECKPOINT", "Checkpoint", "true"},
      {"ECS_CGROUP_PATH", "CgroupPath", "/sys/fs/cgroup"},
      {"ECS_HOST_DATA_DIR", "DataDirOnHost", "/var/lib/ecs"},
      {"ECS_UPDATES_ENABLED", "UpdatesEnabled", "false"},
      {"ECS_UPDATE_DOWNLOAD_DIR", "UpdateDownloadDir", ""},
      {"ECS_CNI_PLUGINS_PATH", "CNIPluginsPath", ""},
      {"", "PauseContainerTarballPath", ""},
      {"", "PauseContainerImageName", ""},
      {"", "PauseContainerTag", ""},
      {"", "CSIDriverSocketPath", ""},
      {"", "NodeStageTimeout", ""},
      {"", "NodeUnstageTimeout", ""},
      {"", "RuntimeStatsLogFile", ""},
      {"ECS_ENABLE_PROMETHEUS_METRICS", "PrometheusMetricsEnabled", "false"},

      {"ECS_DISABLE_IMAGE_CLEANUP", "ImageCleanupDisabled", "true"},
      {"ECS_IMAGE_CLEANUP_INTERVAL", "ImageCleanupInterval", ""},
      {"ECS_IMAGE_MINIMUM_CLEANUP_AGE", "MinimumImageDeletionAge", ""},
      {"NON_ECS_IMAGE_MINIMUM_CLEANUP_AGE", "NonECSMinimumImageDeletionAge", ""},
      {"ECS_NUM_IMAGES_DELETE_PER_CYCLE", "NumImagesToDeletePerCycle", ""},
      {"NONECS_NUM_CONTAINERS_DELETE_PER_CYCLE", "NumNonECSContainersToDeletePerCycle", ""},
      {"ECS_ENABLE_UNTRACKED_IMAGE_CLEANUP", "DeleteNonECSImagesEnabled", "false"},
      {"ECS_EXCLUDE_UNTRACKED_IMAGE", "ImageCleanupExclusionList", ""},

      {"ECS_ENABLE_TASK_IAM_ROLE", "TaskIAMRoleEnabled", "false"},
      {"ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST", "TaskIAMRoleEnabledForNetworkHost", "false"},
      {"ECS_ENABLE_TASK_ENI", "TaskENIEnabled", "false"},
      {"ECS_ENABLE_HIGH_DENSITY_ENI", "ENITrunkingEnabled", "false"},
      {"ECS_AWSVPC_BLOCK_IMDS", "AWSVPCBlockInstanceMetdata", "false"},
      {"ECS_AWSVPC_ADDITIONAL_LOCAL_ROUTES", "AWSVPCAdditionalLocalRoutes", ""},
      {"", "OverrideAWSVPCLocalIPv4Address", ""},
      {"", "ENIPauseContainerCleanupDelaySeconds", "0"},
      {"ECS_PROPAGATE_TASK_MEMORY_LIMIT_CGROUPV2", "PropagateTaskMemoryLimitCgroupV2", "false"},
      {"ECS_ENABLE_CONTAINER_METADATA", "ContainerMetadataEnabled", "false"},
      {"ECS_SELINUX_CAPABLE", "SELinuxCapable", "false"},
      {"ECS_APPARMOR_CAPABLE", "AppArmorCapable", "false"},
      {"ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE", "OverrideAWSLogsExecutionRole", "false"},
      {"ECS_ENABLE_FIRELENS_ASYNC", "FirelensAsyncEnabled", ""},
      {"ECS_VOLUME_PLUGIN_CAPABILITIES", "VolumePluginCapabilities", ""},
      {"ECS_EBSTA_SUPPORTED", "EBSTASupportEnabled", "false"},
      {"ECS_ENABLE_GPU_SUPPORT", "GPUSupportEnabled", "false"},
      {"ECS_NVIDIA_RUNTIME", "NvidiaRuntime", ""},
      {"ECS_ENABLE_INF_SUPPORT", "InferentiaSupportEnabled", "false"},
      {"ECS_GMSA_SUPPORTED", "GMSACapable", "false"},
      {"", "GMSADomainlessCapable", "false"},
      {"CREDENTIALS_FETCHER_HOST_DIR", "", ""},
      {"CREDENTIALS_FETCHER_SECRET_NAME_FOR_DOMAINLESS_GMSA", "", ""},
      {"ECS_DOMAIN_JOINED_LINUX_INSTANCE", "", "false"},
      {"", "IMDSIAMRolesEnabled", "false"},

      {"ECS_POLL_METRICS", "PollMetrics", "false"},
      {"ECS_POLLING_METRICS_WAIT_DURATION", "PollingMetricsWaitDuration", ""},
      {"ECS_TASK_METADATA_RPS_LIMIT", "", "40,60"},
      {"", "TaskMetadataSteadyStateRate", "40"},
      {"", "TaskMetadataBurstRate", "60"},
      {"ECS_DISABLE_TASK_METADATA_AZ", "TaskMetadataAZDisabled", "false"},
      {"ECS_ENABLE_RUNTIME_STATS", "EnableRuntimeStats", "false"},
      {"ECS_AUDIT_LOGFILE", "CredentialsAuditLogFile", ""},
      {"ECS_AUDIT_LOGFILE_DISABLED", "CredentialsAuditLogDisabled", "true"},
      {"ECS_AGENT_HEALTHCHECK_HOST", "", "localhost"},
      {"ECS_LOGLEVEL_ON_INSTANCE", "", ""},
      {"ECS_LOG_ROLLOVER_TYPE", "", "size"},

      // Of the official agent's supervisor and container.
      {"ECS_LOG_DRIVER", "", ""},
      {"ECS_LOG_OPTS", "", ""},
      {"ECS_INIT_DOCKER_LOG_FILE_SIZE", "", ""},
      {"ECS_INIT_DOCKER_LOG_FILE_NUM", "", ""},
      {"ECS_AGENT_LABELS", "", ""},
      {"ECS_AGENT_APPARMOR_PROFILE", "", ""},
      {"ECS_AGENT_PID_NAMESPACE_HOST", "", "false"},
      {"ECS_AGENT_RUN_PRIVILEGED", "", "false"},
      {"ECS_SKIP_LOCALHOST_TRAFFIC_FILTER", "", "false"},
      {"ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS", "", "false"},

      // Windows only, or without effect in the official agent too.
      {"ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND", "PlatformVariables", "false"},
      {"ECS_ENABLE_MEMORY_UNBOUNDED_WINDOWS_WORKAROUND", "", "false"},
      {"ECS_FSX_WINDOWS_FILE_SERVER_SUPPORTED", "FSxWindowsFileServerCapable", "false"},
      {"ECS_OFFHOST_INTROSPECTION_INTERFACE_NAME", "", ""},
      {"", "InstanceENIDNSServerList", ""},
      {"", "InstanceIPCompatibility", ""},
  };
  return names;
}

bool is_harmless(const UnimplementedName& name, std::string_view value) {
  const std::string_view text = trim(value);
  if (text.empty() || text == "[]" || text == "{}") return true;
  if (to_lower(text) == to_lower(name.harmless)) return true;
  const auto asked = parse_bool(text);
  return asked && name.harmless.size() > 1 && asked == parse_bool(name.harmless);
}

std::string_view nearest_variable(std::string_view name) {
  std::vector<std::string_view> candidates;
  for (const Setting& setting : settings()) candidates.push_back(setting.variable);
  for (const auto& known : unimplemented_names()) candidates.push_back(known.variable);
  return nearest(name, candidates);
}

std::string_view nearest_json_key(std::string_view name) {
  std::vector<std::string_view> candidates;
  for (const Setting& setting : settings()) candidates.push_back(setting.json_key);
  for (const auto& known : unimplemented_names()) candidates.push_back(known.json_key);
  return nearest(name, candidates);
}

std::string_view nearest_setting_name(std::string_view name) {
  std::vector<std::string_view> candidates;
  for (const Setting& setting : settings()) candidates.push_back(setting.name);
  return nearest(name, candidates);
}

}  // namespace longshore::config
