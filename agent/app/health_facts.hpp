#pragma once

#include <string>

#include "agent/base/clock.hpp"
#include "agent/control/acs_session.hpp"
#include "agent/control/state_reporter.hpp"
#include "agent/endpoints/health.hpp"
#include "agent/engine/engine_probe.hpp"
#include "agent/engine/reconciler.hpp"
#include "agent/engine/task_engine.hpp"

namespace longshore::app {

/// The parts of the agent that know how it is.
struct HealthSources {
  const control::AcsSession* acs = nullptr;  ///< nullptr until this host has joined its cluster.
  const engine::EngineProbe& probe;
  const engine::Reconciler& reconciler;
  const engine::TaskEngine& engine;
  const control::StateReporter& reporter;
  const std::string& data_dir;
};

/// What is known at `now`.
endpoints::Health health_facts(const HealthSources& sources, SteadyTime now);

}  // namespace longshore::app
