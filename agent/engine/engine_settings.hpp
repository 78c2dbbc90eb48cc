#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "agent/engine/port_picker.hpp"

namespace longshore::engine {

struct EngineSettings {
  std::string cluster{};  ///< As configured; the value of the label com.amazonaws.ecs.cluster.
  std::string region{};
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
  std::map<std::string, std::string> pause_labels{};  ///< ECS_PAUSE_LABELS.
  /// Creates and starts on their way at a time: more only slow each other down in the engine.
  std::size_t launches_at_once = 16;
};

}  // namespace longshore::engine
