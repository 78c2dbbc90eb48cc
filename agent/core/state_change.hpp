#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"

namespace longshore::core {

/// The only states the control plane knows, for tasks and containers alike.
enum class ReportedStatus { Pending, Running, Stopped };

/// A published port as the engine bound it, or a range of them that the task asked for as one.
struct NetworkBinding {
  std::string bind_ip{};
  std::uint16_t container_port = 0;
  std::uint16_t host_port = 0;
  std::string protocol = "tcp";
  std::uint16_t container_port_last = 0;  ///< Of a range, included; 0: one port.
  std::uint16_t host_port_last = 0;
  friend bool operator==(const NetworkBinding&, const NetworkBinding&) = default;
};

struct ContainerChange {
  ContainerName name{};
  ReportedStatus status = ReportedStatus::Pending;
  ContainerId runtime_id{};        ///< Empty: never created.
  std::string image_digest{};      ///< Empty: not known.
  std::optional<int> exit_code{};  ///< Only with Stopped, when the process ran or never can.
  std::string reason{};            ///< "Name: text", or empty.
  std::vector<NetworkBinding> network_bindings{};
  friend bool operator==(const ContainerChange&, const ContainerChange&) = default;
};

/// One SubmitTaskStateChange, with what was true at that moment.
struct TaskChange {
  TaskArn task{};
  ReportedStatus status = ReportedStatus::Pending;
  std::string reason{};
  std::vector<ContainerChange> containers{};  ///< In the order they happened.
  std::optional<WallTime> pull_started_at{};
  std::optional<WallTime> pull_stopped_at{};
  std::optional<WallTime> execution_stopped_at{};
  friend bool operator==(const TaskChange&, const TaskChange&) = default;
};

}  // namespace longshore::core
