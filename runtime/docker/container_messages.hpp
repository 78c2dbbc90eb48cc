#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::runtime::docker {

/// Answers of the engine about containers, read with a path in every error:
/// "State.Pid: expected a whole number, got a string". All return InvalidInput for broken JSON and
/// wrong types. Source: Docker Engine API 1.41.

/// POST /containers/create.
Result<ContainerId> parse_created(std::string_view body);

/// GET /containers/{id}/json.
struct InspectedContainer {
  ContainerState state{};
  bool tty = false;  ///< Config.Tty: its log stream has no frames.
};
Result<InspectedContainer> parse_inspected(std::string_view body);

/// GET /containers/json. Fills what the interface promises for a list.
Result<std::vector<ContainerState>> parse_list(std::string_view body);

/// One line of GET /events. Source for the names: moby:api/types/events/events.go.
/// nullopt for events that are none of RuntimeEventKind's.
Result<std::optional<RuntimeEvent>> parse_event(std::string_view line);

}  // namespace longshore::runtime::docker
