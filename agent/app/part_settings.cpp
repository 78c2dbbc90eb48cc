#include "agent/app/part_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/app/host.hpp"
#include "agent/aws/endpoints.hpp"

namespace longshore::app {
namespace {

runtime::images::PullBehavior to_behavior(config::ImagePullBehavior behavior) {
  switch (behavior) {
    case config::ImagePullBehavior::Default:
      return runtime::images::PullBehavior::Default;
    case config::ImagePullBehavior::Always:
      return runtime::images::PullBehavior::Always;
    case config::ImagePullBehavior::Once:
      return runtime::images::PullBehavior::Once;
    case config::ImagePullBehavior::PreferCached:
      return runtime::images::PullBehavior::PreferCached;
  }
  return runtime::images::PullBehavior::Default;
}

std::optional<engine::HostPortRange> to_range(const std::optional<config::PortRange>& range) {
  if (!range) return std::nullopt;
  return engine::HostPortRange{range->first, range->last};
}

core::HostResources to_core(const control::HostResources& host) {
  return {.cpu_units = host.cpu_units,
          .memory_mib = host.memory_mib,
          .reserved_tcp_ports = {host.reserved_ports.begin(), host.reserved_ports.end()},
          .reserved_udp_ports = {host.reserved_udp_ports.begin(), host.reserved_udp_ports.end()}};
}

}  // namespace

std::chrono::seconds in_seconds(std::chrono::milliseconds duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

std::string cluster_name(const config::Config& config) {
  return config.cluster.empty() ? "default" : config.cluster;
}

std::string awslogs_endpoint(std::string_view region) {
  constexpr std::array<std::string_view, 8> kUnknownToEngine{
      "us-iso-east-1",   "us-iso-west-1",  "us-isob-east-1", "us-isob-west-1",
      "us-isof-south-1", "us-isof-east-1", "eu-isoe-west-1", "eusc-de-east-1"};
  if (std::find(kUnknownToEngine.begin(), kUnknownToEngine.end(), region) ==
      kUnknownToEngine.end()) {
    return {};
  }
  return fmt::format("https://logs.{}.{}", region, aws::partition_suffix(region));
}

Result<engine::EngineSettings> engine_settings(const config::Config& config, bool task_limits) {
  auto host = host_resources(config);
  if (!host) return fail(std::move(host).error());
  return engine::EngineSettings{
      .cluster = cluster_name(config),
      .region = config.region,
      .awslogs_endpoint = awslogs_endpoint(config.region),
      .create_timeout = in_seconds(config.create_timeout),
      .start_timeout = in_seconds(config.start_timeout),
      .stop_timeout = in_seconds(config.stop_timeout),
      .cleanup_wait = config.cleanup_wait,
      .cleanup_jitter = config.cleanup_jitter,
      .task_limits = task_limits,
      .cpu_period = config.cpu_period,
      .pids_limit = config.task_pids_limit,
      .dynamic_ports = to_range(config.dynamic_ports),
      .privileged_disabled = config.disable_privileged,
      .pull_upfront = config.pull_upfront,
      .pause_labels = config.pause_labels,
      .match_shared_volumes = config.match_shared_volumes,
      .host = to_core(*host),
      .head_patience = config.head_patience,
      .orphans = {.remove = config.orphan_policy == config::OrphanPolicy::Remove,
                  .dry_run = config.orphan_dry_run},
      .boot_id = read_proc_file("/proc/sys/kernel/random/boot_id").value_or("")};
}

runtime::images::PullerSettings puller_settings(const config::Config& config) {
  return {.behavior = to_behavior(config.pull_behavior),
          .timeouts = {.inactivity = config.pull_inactivity_timeout, .total = config.pull_timeout},
          .manifest_timeout = config.manifest_pull_timeout,
          .upfront = config.pull_upfront};
}

control::EcsSettings ecs_settings(const config::LoadedConfig& loaded, std::string user_agent) {
  const config::Config& config = loaded.config;
  return {.endpoint_url = aws::ecs_endpoint(config.region, config.endpoint, loaded.environment),
          .region = config.region,
          .cluster = config.cluster,
          .user_agent = std::move(user_agent),
          .attempts = config.api_attempts,
          .exclude_ipv6_bindings = config.exclude_ipv6_bindings};
}

}  // namespace longshore::app
