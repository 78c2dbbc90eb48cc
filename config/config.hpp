#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/base/secret.hpp"

namespace longshore::config {

/// When an image is pulled before a container is created from it.
enum class ImagePullBehavior {
  Default,       ///< Pull; if that fails and the image is on the host, use that.
  Always,        ///< Pull; a failure fails the task.
  Once,          ///< Pull only what no earlier task pulled; otherwise as Default.
  PreferCached,  ///< Pull only what is not on the host.
};

/// What becomes of containers with our labels that belong to no task we know.
enum class OrphanPolicy {
  Keep,    ///< They are told in the log and left alone.
  Remove,  ///< They are stopped and removed.
};

/// Both ends included.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

/// Every setting this version acts on. Defaults are those of the official agent as its packages
/// install it. settings.cpp says where each one is read from and what it accepts.
struct Config {
  // Who this host is to ECS.
  std::string cluster{};  ///< Name or ARN. Empty: "default", which is created when missing.
  std::string region{};
  std::string endpoint{};  ///< The ECS API, in place of the region's own. Empty: the region's.
  bool external = false;   ///< An on-premises host of ECS Anywhere.
  std::map<std::string, std::string> instance_attributes{};
  std::map<std::string, std::string> instance_tags{};
  std::string os_family = "LINUX";
  std::string credentials_profile = "default";  ///< Of the rotating credentials file.
  int api_attempts = 3;                         ///< Of one AWS call, the first included.

  // Where things are on the host.
  std::string data_dir = "/var/lib/ecs/data";
  std::string docker_host = "unix:///var/run/docker.sock";
  std::string json_file = "/etc/ecs/ecs.config.json";

  // What of the host is kept from tasks.
  std::uint16_t reserved_memory_mib = 0;
  std::vector<std::uint16_t> reserved_ports_tcp{22, 2375, 2376, 51678, 51679};
  std::vector<std::uint16_t> reserved_ports_udp{};
  std::optional<PortRange> dynamic_ports{};  ///< nullopt: the kernel's ip_local_port_range.
  bool exclude_ipv6_bindings = true;         ///< From what is reported, not from what is bound.

  // Engine calls.
  std::chrono::milliseconds stop_timeout{std::chrono::seconds{30}};
  std::chrono::milliseconds start_timeout{std::chrono::minutes{3}};
  std::chrono::milliseconds create_timeout{std::chrono::minutes{4}};
  std::chrono::milliseconds manifest_pull_timeout{std::chrono::minutes{1}};
  std::chrono::milliseconds pull_inactivity_timeout{std::chrono::minutes{1}};
  std::chrono::milliseconds pull_timeout{std::chrono::hours{2}};

  // Images.
  ImagePullBehavior pull_behavior = ImagePullBehavior::Default;
  bool pull_upfront = false;         ///< Before the containers they wait for are ready.
  std::string registry_auth_type{};  ///< "docker", "dockercfg" or empty.
  Secret registry_auth_data{};       ///< A JSON object; see runtime/images/engine_auth.hpp.

  // Tasks.
  /// nullopt: hold tasks to their limits if the host's cgroups allow it, else go without.
  std::optional<bool> task_limits{};
  std::chrono::microseconds cpu_period{std::chrono::milliseconds{100}};
  std::int64_t task_pids_limit = 0;  ///< 0: unlimited.
  /// Of the containers that hold what a task's containers share, beside the agent's own labels.
  std::map<std::string, std::string> pause_labels{};
  std::chrono::milliseconds cleanup_wait{std::chrono::hours{3}};
  std::chrono::milliseconds cleanup_jitter{0};  ///< A random part of it is added to cleanup_wait.
  bool disable_privileged = false;
  bool match_shared_volumes = false;
  bool disable_health_checks = false;  ///< In what is registered; those of tasks run anyway.
  std::vector<std::string> logging_drivers{"json-file", "syslog", "awslogs", "fluentd", "none"};

  bool disable_metrics = false;

  // The agent's own log.
  LogLevel log_level = LogLevel::Info;
  LogFormat log_format = LogFormat::Logfmt;
  std::string log_file{};           ///< Empty: standard error only.
  double log_max_file_mb = 5;       ///< Decimal megabytes.
  std::int64_t log_max_files = 24;  ///< Kept when the log file is rolled over.

  // What is ours alone: `longshore:` in the YAML file.
  /// How long the longest waiting task may be passed by smaller ones that put it off.
  std::chrono::milliseconds head_patience{std::chrono::seconds{60}};
  OrphanPolicy orphan_policy = OrphanPolicy::Keep;
  bool orphan_dry_run = false;  ///< Say what would be removed, and remove nothing.

  friend bool operator==(const Config&, const Config&) = default;
};

/// The log's part of `config`, as configure_logging takes it.
LogSettings log_settings(const Config& config);

}  // namespace longshore::config
