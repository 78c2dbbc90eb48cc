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

struct ContainerMetrics {
  ContainerName name{};
  ContainerStats stats{};
};

struct TaskMetrics {
  TaskIdentity task{};
  std::vector<ContainerMetrics> containers{};
};

/// What one collection found. `idle`: this host runs nothing that is measured.
struct MetricsReport {
  bool idle = false;
  std::vector<TaskMetrics> tasks{};
};

enum class ContainerHealthStatus { Unknown, Healthy, Unhealthy };

struct ContainerHealth {
  ContainerName name{};
  ContainerHealthStatus status = ContainerHealthStatus::Unknown;
  WallTime since{};
};

struct TaskHealth {
  TaskIdentity task{};
  std::vector<ContainerHealth> containers{};
};

/// Of this host's container engine, as the checks that ACS heartbeats trigger see it.
enum class InstanceHealth { Initializing, Ok, Impaired, InsufficientData };

struct InstanceStatus {
  InstanceHealth status = InstanceHealth::Initializing;
  WallTime last_updated{};
  WallTime last_change{};
  friend bool operator==(const InstanceStatus&, const InstanceStatus&) = default;
};

}  // namespace longshore::metrics
