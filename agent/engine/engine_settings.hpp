#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/core/host_resources.hpp"
#include "agent/engine/orphans.hpp"
#include "agent/engine/port_picker.hpp"

namespace longshore::engine {

struct EngineSettings {
  std::string cluster{};  ///< As configured; the value of the label com.amazonaws.ecs.cluster.
  std::string region{};
  /// Where the awslogs driver finds CloudWatch Logs. Empty: it knows by itself.
  std::string awslogs_endpoint{};
  std::chrono::seconds create_timeout{240};
  std::chrono::seconds start_timeout{180};
  std::chrono::seconds stop_timeout{30};  ///< For containers that name none.
  std::chrono::milliseconds cleanup_wait{std::chrono::hours{3}};
  std::chrono::milliseconds cleanup_jitter{0};
  bool task_limits = true;  ///< Put each task into a cgroup of its own.
  std::chrono::microseconds cpu_period{100'000};
  std::int64_t pids_limit = 0;                        ///< Of a task's cgroup; 0: none.
  std::optional<HostPortRange> dynamic_ports{};       ///< nullopt: the kernel's range.
  bool privileged_disabled = false;                   ///< ECS_DISABLE_PRIVILEGED.
  bool pull_upfront = false;                          ///< ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT.
  std::map<std::string, std::string> pause_labels{};  ///< ECS_PAUSE_LABELS.
  bool match_shared_volumes = false;                  ///< ECS_SHARED_VOLUME_MATCH_FULL_CONFIG.
  /// Creates and starts on their way at a time: more only slow each other down in the engine. See
  /// LaunchTurns.
  std::size_t launches_at_once = 16;
  core::HostResources host{};                                        ///< What tasks may take of it.
  std::chrono::milliseconds head_patience{std::chrono::minutes{1}};  ///< See core::AdmissionQueue.
  /// With so many reports that the control plane has not taken, no more tasks are: it hands over
  /// tasks, but hears of no end, and every report needs memory and disk.
  std::size_t max_open_reports = 10'000;
  /// Container changes that no task change carried along are sent by themselves after this, and up
  /// to this much more. Source: amazon-ecs-agent:agent/eventhandler/task_handler.go.
  std::chrono::milliseconds flush_wait{std::chrono::seconds{10}};
  std::chrono::milliseconds flush_jitter{std::chrono::seconds{20}};
  OrphanPolicy orphans{};
  std::string boot_id{};  ///< Of the host's present run, as the kernel names it. Empty: not known.
  /// Containers of this cluster whose task is not known at the start become tasks again. Not for an
  /// agent that shares its cluster's name with others on this host.
  bool take_over_strangers = true;
};

}  // namespace longshore::engine
