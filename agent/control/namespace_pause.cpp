#include "agent/control/namespace_pause.hpp"

#include <utility>

namespace longshore::control {

Status add_namespace_pause(core::TaskSpec& task) {
  const bool shares = task.pid_mode == "task" || task.ipc_mode == "task";
  if (!shares || task.containers.empty()) return {};
  core::ContainerSpec pause{.name = ContainerName(core::kNamespacePauseName),
                            .image = kPauseImage,
                            .essential = true,
                            .kind = core::ContainerKind::NamespacePause};
  for (core::ContainerSpec& container : task.containers) {
    if (container.name == pause.name) {
      return fail(ErrorCode::Conflict,
                  "containers: expected names of letters, digits, hyphens and underscores, got {}",
                  core::kNamespacePauseName);
    }
    container.depends_on.push_back({pause.name, core::DependencyCondition::Start});
  }
  task.containers.push_back(std::move(pause));
  return {};
}

}  // namespace longshore::control
