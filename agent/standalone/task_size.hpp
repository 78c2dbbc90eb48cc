#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace longshore::standalone {

/// Task-level `cpu`: "256" (units of 1/1024 vCPU), "0.25 vCPU", ".25vcpu". Gives units, >= 1.
/// Source: Amazon ECS developer guide, task definition parameters, "Task size".
std::optional<std::int64_t> parse_task_cpu(std::string_view text);

/// Task-level `memory`: "512" (MiB), "1 GB", "0.5gb". Gives MiB, >= 1.
std::optional<std::int64_t> parse_task_memory(std::string_view text);

}  // namespace longshore::standalone
