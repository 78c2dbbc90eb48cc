// What the engine answers about containers: create, inspect, list.
#include "runtime/docker/container_messages.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

using runtime::ContainerStatus;

bool has_process(ContainerStatus status) {
  return status == ContainerStatus::Running || status == ContainerStatus::Paused ||
         status == ContainerStatus::Restarting;
}

void check_inspected(std::string_view input) {
  const auto found = runtime::docker::parse_inspected(input);
  if (!found) return require_refusal(found.error());
  const runtime::ContainerState& state = found->state;
  require(state.alive == has_process(state.status), "alive is what has a process");
  require(!state.alive || !state.exit_code, "what lives has no exit code");
  require(!state.exit_code || state.finished_at, "an exit code is of a process that ran");
  require(state.alive || state.pid == 0, "only what lives has a process number");
}

void check_list(std::string_view input) {
  const auto found = runtime::docker::parse_list(input);
  if (!found) return require_refusal(found.error());
  for (const runtime::ContainerState& state : *found) {
    require(state.alive == has_process(state.status), "alive is what has a process");
    require(!state.name.starts_with('/'), "a name has no slash in front");
  }
}

}  // namespace

void run(std::string_view input) {
  check_inspected(input);
  check_list(input);
  const auto created = runtime::docker::parse_created(input);
  if (!created) return require_refusal(created.error());
  require(!created->empty(), "a created container has an id");
}

}  // namespace longshore::fuzz
