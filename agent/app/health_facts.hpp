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

/// The parts of the agent that know how it is; nullptr for those that are not there yet.
struct HealthSources {
  const control::AcsSession* acs = nullptr;  ///< Once this host has joined its cluster.
  const engine::EngineProbe* probe = nullptr;
  const engine::Reconciler* reconciler = nullptr;
  const engine::TaskEngine* engine = nullptr;
  const control::StateReporter* reporter = nullptr;
  std::string data_dir{};
  SteadyTime started{};
  std::string engine_error{};  ///< Why the start still waits for the container engine.
};

/// What is known at `now`.
endpoints::Health health_facts(const HealthSources& sources, SteadyTime now);

}  // namespace longshore::app
