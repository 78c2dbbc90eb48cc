#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/base/ids.hpp"
#include "metrics/container_reader.hpp"
#include "metrics/cpu_count.hpp"
#include "metrics/report.hpp"
#include "metrics/sample_queue.hpp"
#include "runtime/cgroup_mounts.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::metrics {

/// A running container of a task.
struct WatchedContainer {
  ContainerId id{};
  TaskIdentity task{};
  ContainerName name{};
  int pid = 0;  ///< Of its main process.
  std::string
      network_mode{};  ///< The engine's: "bridge", "host", "none", "container:<id>", a name.
  /// How often it was restarted in place so far; nullopt without a restart policy.
  std::optional<std::uint64_t> restart_count{};
  bool health_check = false;  ///< The task definition has the engine check its health.
};

struct CollectorSettings {
  bool metrics = true;  ///< Off (ECS_DISABLE_METRICS): only health is collected.
  /// Between two samples; at least 1 ms. README.md says why two seconds.
  std::chrono::milliseconds interval{2000};
  std::string proc = "/proc";
  unsigned cpu_count = usable_cpu_count();
  /// Whether containers of tasks run, watched or not; empty: no. An agent that has started without
  /// its engine has such tasks, and nobody tells of them before the engine is back.
  std::function<bool()> are_tasks_live{};
};

/// Samples every watched container, and sums the samples up when asked. Use from the event loop
/// only; sampling is inline there (see README.md for what it costs).
class Collector {
 public:
  /// `clock` must outlive this.
  Collector(Clock& clock, runtime::CgroupMounts mounts, CollectorSettings settings = {});

  /// Watches a container that has just started, and takes its first sample. An id that is watched
  /// already and has another, living `pid` was restarted in place: its counters go on from where
  /// they were at the last sample, and a first sample of the new process is taken. Called again for
  /// the same process, or for one that has ended, it only takes over what else is known of the
  /// container.
  void add(WatchedContainer container);
  /// Forgets it, with what was not yet collected. Unknown ids are ignored.
  void remove(const ContainerId& id);
  /// What the engine says about its health. Unknown ids are ignored.
  void set_health(const ContainerId& id, runtime::HealthStatus health);
  /// Returns when a container's health has changed since the last call. One waiter at a time.
  boost::asio::awaitable<void> health_changed() { return health_changed_.wait(); }

  /// One sample of each container. A container that has ended gives none.
  void sample();
  /// Samples at the set interval until cancelled.
  boost::asio::awaitable<void> run();

  /// Statistics since the last call. nullopt: containers run, but none has statistics yet or is
  /// watched, so that there is nothing to send. A container without statistics is left out, its
  /// task stays out when it has no other.
  std::optional<MetricsReport> collect();
  /// Health of all containers that have a health check, by task; empty when there are none.
  [[nodiscard]] std::vector<TaskHealth> collect_health() const;

 private:
  struct Watch {
    WatchedContainer container{};
    SampleQueue queue;
    std::optional<ContainerReader> reader{};
    bool ended = false;                     ///< The kernel does not know this process any more.
    bool complained = false;                ///< Its reading error is in the log.
    std::optional<ContainerSample> base{};  ///< Counters of its runs before the last restart.
    ContainerHealthStatus health = ContainerHealthStatus::Unknown;
    std::optional<WallTime> health_since{};
  };

  void sample(Watch& watch);
  /// Opens the files of another process of the container; false when it has ended.
  bool begin_run(Watch& watch, const WatchedContainer& container) const;
  [[nodiscard]] Result<ContainerReader> open(const WatchedContainer& container) const;
  Status read_into_queue(Watch& watch);

  Clock& clock_;
  runtime::CgroupMounts mounts_;
  CollectorSettings settings_;
  std::map<ContainerId, Watch> watches_{};
  Signal health_changed_;
};

}  // namespace longshore::metrics
