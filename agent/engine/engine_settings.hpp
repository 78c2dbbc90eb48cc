#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace longshore::engine {

/// When to fetch an image (ECS_IMAGE_PULL_BEHAVIOR). Under Always and Once a failed pull ends the
/// task; under the others a cached image will do.
enum class PullBehavior { Default, Always, Once, PreferCached };

struct EngineSettings {
  std::string cluster{};  ///< As configured; the value of the label com.amazonaws.ecs.cluster.
  std::string region{};
  PullBehavior pull_behavior = PullBehavior::Default;
  std::chrono::seconds manifest_timeout{60};
  std::chrono::seconds pull_timeout{7200};
  std::chrono::seconds create_timeout{240};
  std::chrono::seconds start_timeout{180};
  std::chrono::seconds stop_timeout{30};  ///< For containers that name none.
  std::chrono::milliseconds cleanup_wait{std::chrono::hours{3}};
  std::chrono::milliseconds cleanup_jitter{0};
  bool task_limits = true;  ///< Put each task into a cgroup of its own.
  std::chrono::microseconds cpu_period{100'000};
  std::int64_t pids_limit = 0;       ///< Of a task's cgroup; 0: none.
  bool privileged_disabled = false;  ///< ECS_DISABLE_PRIVILEGED.
  /// Creates and starts on their way at a time: more only slow each other down in the engine.
  std::size_t launches_at_once = 8;
};

}  // namespace longshore::engine
