#pragma once

#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "metrics/sample_queue.hpp"

namespace longshore::metrics {

/// A task as telemetry names it.
struct TaskIdentity {
  TaskArn arn{};
  std::string family{};   ///< Of its task definition.
  std::string version{};  ///< Of its task definition: the revision, "12".
  friend auto operator<=>(const TaskIdentity&, const TaskIdentity&) = default;
};

/// One container that had statistics at a collection.
struct ContainerMetrics {
  ContainerName name{};
  ContainerStats stats{};
};

/// A task with its containers that had statistics: at least one.
struct TaskMetrics {
  TaskIdentity task{};
  std::vector<ContainerMetrics> containers{};
};

/// What one collection found. `idle`: this host runs nothing that is measured.
struct MetricsReport {
  bool idle = false;
  std::vector<TaskMetrics> tasks{};
};

/// What the engine's health check found; Unknown while it is starting or has said nothing.
enum class ContainerHealthStatus { Unknown, Healthy, Unhealthy };

/// One container that has a health check, and since when it is in this state.
struct ContainerHealth {
  ContainerName name{};
  ContainerHealthStatus status = ContainerHealthStatus::Unknown;
  WallTime since{};
};

/// A task with its containers that have a health check: at least one.
struct TaskHealth {
  TaskIdentity task{};
  std::vector<ContainerHealth> containers{};
};

/// Of this host's container engine, as the checks that ACS heartbeats trigger see it.
enum class InstanceHealth { Initializing, Ok, Impaired, InsufficientData };

/// The latest check, when it was, and when its result last changed.
struct InstanceStatus {
  InstanceHealth status = InstanceHealth::Initializing;
  WallTime last_updated{};
  WallTime last_change{};
  friend bool operator==(const InstanceStatus&, const InstanceStatus&) = default;
};

}  // namespace longshore::metrics
