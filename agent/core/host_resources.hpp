#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "agent/core/task_spec.hpp"

namespace longshore::core {

/// The most CPU units, or MiB, that one task is ever counted with: far more than any host has, and
/// small enough that the sum over all tasks of a host stays inside 64 bits.
inline constexpr std::int64_t kMostOfOneTask = std::int64_t{1} << 40;

/// What a task takes of its host for as long as it may have processes.
struct ResourceNeed {
  std::int64_t cpu_units = 0;  ///< 1024 = one vCPU.
  std::int64_t memory_mib = 0;
  std::set<std::uint16_t> tcp_ports{};  ///< Of the host.
  std::set<std::uint16_t> udp_ports{};
  std::set<std::string> gpus{};  ///< Ids as the host registered them.
  friend bool operator==(const ResourceNeed&, const ResourceNeed&) = default;
};

/// What the host has for tasks.
struct HostResources {
  std::int64_t cpu_units = 0;                    ///< CPUs x 1024.
  std::int64_t memory_mib = 0;                   ///< Without what is kept from tasks.
  std::set<std::uint16_t> reserved_tcp_ports{};  ///< No task may have them.
  std::set<std::uint16_t> reserved_udp_ports{};
  std::set<std::string> gpus{};
};

/// CPU and memory of the task where it sets them, else the sum over its containers, of which each
/// counts its memory reservation, or its limit where it reserves nothing. Ports count only where
/// the task names the host's port: the others are picked from what is free. Our own containers
/// count nothing, and neither do GPUs: a task that asks for one is refused before it gets here.
/// Each number is brought into 0 to kMostOfOneTask.
/// Source: aws/amazon-ecs-agent agent/api/task/task.go (ToHostResources).
ResourceNeed need_of(const TaskSpec& task);

/// `need` with its numbers brought into 0 to kMostOfOneTask.
ResourceNeed bounded(ResourceNeed need);

}  // namespace longshore::core
