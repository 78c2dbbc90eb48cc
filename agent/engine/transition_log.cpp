#include "agent/engine/transition_log.hpp"

#include <string_view>

#include "agent/base/log.hpp"

namespace longshore::engine {
namespace {

std::string_view word(core::Phase phase) {
  switch (phase) {
    case core::Phase::Waiting:
      return "waiting";
    case core::Phase::Resolving:
      return "resolving image";
    case core::Phase::Resolved:
      return "image resolved";
    case core::Phase::Pulling:
      return "pulling";
    case core::Phase::Pulled:
      return "pulled";
    case core::Phase::Creating:
      return "creating";
    case core::Phase::Starting:
      return "starting";
    case core::Phase::Running:
      return "running";
    case core::Phase::Stopping:
      return "stopping";
    case core::Phase::Stopped:
      return "stopped";
  }
  return "unknown";
}

std::string_view word(core::ReportedStatus status) {
  switch (status) {
    case core::ReportedStatus::Pending:
      return "PENDING";
    case core::ReportedStatus::Running:
      return "RUNNING";
    case core::ReportedStatus::Stopped:
      return "STOPPED";
  }
  return "unknown";
}

void log_container(const core::TaskState& task, std::size_t i, core::Phase from) {
  const core::ContainerState& c = task.containers[i];
  const auto id = task_id(task.spec->arn);
  const auto& name = task.spec->containers[i].name;
  if (c.phase == core::Phase::Stopped) {
    log_info("container stopped",
             {{"task", id},
              {"container", name},
              {"exit_code", c.exit_code ? std::to_string(*c.exit_code) : std::string("none")},
              {"reason", c.reason}});
  } else {
    log_info("container status",
             {{"task", id}, {"container", name}, {"from", word(from)}, {"to", word(c.phase)}});
  }
}

}  // namespace

void log_transitions(const core::TaskState& before, const core::TaskState& after) {
  for (std::size_t i = 0; i < after.containers.size(); ++i) {
    const core::Phase from = before.containers[i].phase;
    if (from != after.containers[i].phase) log_container(after, i, from);
  }
  if (before.reported != after.reported && after.reported) {
    log_info("task status", {{"task", task_id(after.spec->arn)},
                             {"status", word(*after.reported)},
                             {"reason", after.reason}});
  }
}

}  // namespace longshore::engine
