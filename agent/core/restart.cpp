#include <algorithm>
#include <utility>

#include "agent/core/steps.hpp"

namespace longshore::core {
namespace {

bool is_final(const RestartPolicy& policy, const ContainerState& c, WallTime at) {
  if (!c.exit_code) return true;
  const auto& ignored = policy.ignored_exit_codes;
  if (std::find(ignored.begin(), ignored.end(), *c.exit_code) != ignored.end()) return true;
  // The period is no pause between two runs: it is how long a run must last to be worth another.
  const auto lasted = at - c.started_at.value_or(at);
  // Below zero the clock was set back, and nobody knows how long it lasted: it gets another chance.
  return lasted >= decltype(lasted)::zero() && lasted < policy.attempt_period;
}

}  // namespace

bool restart(Decision& d, ContainerIndex container, WallTime at, std::string reason) {
  ContainerState& c = d.next.containers[container];
  const auto& policy = d.next.spec->containers[container].restart_policy;
  if (!policy || c.stop_requested || d.next.stop_requested) return false;
  if (c.phase != Phase::Running || is_final(*policy, c, at)) return false;
  c.restarting = true;
  ++c.restart_count;
  c.health = Health::Unknown;
  c.soft_reason = std::move(reason);
  d.actions.emplace_back(action::Start{container});
  return true;
}

}  // namespace longshore::core
