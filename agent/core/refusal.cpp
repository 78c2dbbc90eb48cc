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

/// As the official agent prints it.
std::string map_text(const std::map<std::string, std::string>& map) {
  std::string text;
  for (const auto& [key, value] : map) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", key, value);
  }
  return "map[" + text + "]";
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

std::optional<std::string> find_volume_misfit(const Volume& wanted,
                                              const Result<PresentVolume>& present, bool match) {
  if (!present) {
    if (wanted.autoprovision || present.error().code != ErrorCode::NotFound) return std::nullopt;
    return fmt::format(
        "initialize volume: volume detection failed, volume '{}' does not exist and autoprovision "
        "is set to false: {}",
        wanted.name, present.error().message);
  }
  if (!wanted.autoprovision || !match) return std::nullopt;
  if (present->labels != wanted.labels) {
    return fmt::format(
        "intialize volume: non-autoprovisioned volume does not match existing volume labels: "
        "existing: {}, expected: {}",
        map_text(present->labels), map_text(wanted.labels));
  }
  if (present->driver_options != wanted.driver_options) {
    return fmt::format(
        "initialize volume: non-autoprovisioned volume does not match existing volume options: "
        "existing: {}, expected: {}",
        map_text(present->driver_options), map_text(wanted.driver_options));
  }
  return std::nullopt;
}

}  // namespace longshore::core
