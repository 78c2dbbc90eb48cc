#include "agent/app/health_facts.hpp"

#include <chrono>
#include <filesystem>
#include <system_error>

namespace longshore::app {
namespace {

std::int64_t age(SteadyTime then, SteadyTime now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now - then).count();
}

void take_link(endpoints::Health& health, const control::LinkState& link, SteadyTime now) {
  health.registered = true;
  health.connected = link.connected;
  health.cut_off = control::is_cut_off(link, now);
  health.heard_age = age(link.last_heard, now);
  if (link.last_heartbeat) health.heartbeat_age = age(*link.last_heartbeat, now);
  health.instance_inactive = link.instance_inactive;
}

}  // namespace

endpoints::Health health_facts(const HealthSources& sources, SteadyTime now) {
  endpoints::Health health;
  if (sources.acs != nullptr) take_link(health, sources.acs->link(), now);
  health.engine_answers = sources.engine_error.empty();
  health.engine_answer_age = age(sources.started, now);
  health.engine_error = sources.engine_error;
  if (sources.probe != nullptr) {
    const engine::EngineAnswers& answers = sources.probe->answers();
    health.engine_answers = answers.now;
    health.engine_answer_age = age(answers.last_answer, now);
    health.engine_error = answers.why_not;
  }
  if (sources.reconciler != nullptr) {
    health.comparison_age = age(sources.reconciler->compared_at(), now);
  }
  if (sources.reporter != nullptr) health.unsent_reports = sources.reporter->pending();
  if (sources.engine != nullptr) health.save_error = sources.engine->save_error();
  std::error_code unknown;
  const auto space = std::filesystem::space(sources.data_dir, unknown);
  if (!unknown) health.free_bytes = space.available;
  return health;
}

}  // namespace longshore::app
