#include "agent/core/refusal.hpp"

#include <fmt/format.h>

#include <utility>

#include "agent/core/dependency.hpp"

namespace longshore::core {
namespace {

std::optional<std::string> find_memory_misfit(const TaskSpec& task) {
  if (task.memory_mib == 0) return std::nullopt;
  for (const ContainerSpec& c : task.containers) {
    if (c.memory_mib <= task.memory_mib) continue;
    return fmt::format(
        "cgroup resource: unable to build resource spec for task: task memory spec builder: "
        "container memory limit({}) greater than task memory limit({})",
        c.memory_mib, task.memory_mib);
  }
  return std::nullopt;
}

}  // namespace

std::string unready_resource(const TaskArn& task) {
  return "resource cannot be initialized for task " + task.str();
}

std::string unresolved_order(const TaskArn& task) {
  return "Task dependencies cannot be resolved, taskArn: " + task.str();
}

std::optional<Refusal> find_refusal(const TaskSpec& task, bool task_limits) {
  auto misfit = task_limits ? find_memory_misfit(task) : std::nullopt;
  if (misfit) {
    std::string reason = unready_resource(task.arn) + ": " + *misfit;
    return Refusal{std::move(reason), *std::move(misfit)};
  }
  const Status sound = check_order(task);
  if (sound) return std::nullopt;
  return Refusal{unresolved_order(task.arn), sound.error().message};
}

}  // namespace longshore::core
