#include "agent/core/official_text.hpp"

#include <fmt/format.h>

#include <string_view>

namespace longshore::core {
namespace {

/// The farthest that it came: there, a container that never ran keeps the status before the failed
/// step.
std::string_view farthest_status(const ContainerState& c) {
  if (c.started_at) return "STOPPED";
  if (!c.runtime_id.empty()) return "CREATED";
  // It has an exit code although it never ran because it waited in vain.
  return c.exit_code ? "MANIFEST_PULLED" : "PULLED";
}

std::string_view known_status(const ContainerState& c) {
  switch (c.phase) {
    case Phase::Waiting:
    case Phase::Resolving:
      return "NONE";
    case Phase::Resolved:
    case Phase::Pulling:
      return "MANIFEST_PULLED";
    case Phase::Pulled:
    case Phase::Creating:
      return "PULLED";
    case Phase::Starting:
      return "CREATED";
    case Phase::Running:
    case Phase::Stopping:
      return "RUNNING";
    case Phase::Stopped:
      return farthest_status(c);
  }
  return "NONE";
}

bool shall_end(const ContainerState& c) {
  return c.stop_requested || (c.phase == Phase::Stopped && !c.started_at);
}

}  // namespace

std::string official_text(const TaskState& task, ContainerIndex container) {
  const ContainerSpec& spec = task.spec->containers[container];
  const ContainerState& c = task.containers[container];
  return fmt::format("{}({}) ({}->{}){}", spec.name.str(), spec.image, known_status(c),
                     shall_end(c) ? "STOPPED" : "RUNNING",
                     c.exit_code ? fmt::format(" - Exit: {}", *c.exit_code) : "");
}

}  // namespace longshore::core
