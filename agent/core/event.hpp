#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/error.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::core {

/// Position of a container in TaskSpec::containers.
using ContainerIndex = std::size_t;

/// Why a step failed.
struct Failure {
  Error error{};
  std::chrono::seconds waited{};  ///< The step's deadline. A Timeout means that it has passed.
};

/// A container as the engine showed it. `run` is its restart_count when it was asked for: what an
/// earlier run was like says nothing about this one.
struct Observation {
  bool alive = false;    ///< A process exists.
  bool has_run = false;  ///< It was started at some time.
  Exit exit{};           ///< When not alive.
  std::vector<NetworkBinding> network_bindings{};
  Health health = Health::Unknown;
  std::optional<WallTime> started_at{};
  std::optional<WallTime> finished_at{};  ///< When not alive.
  int run = 0;
};

namespace event {

struct Accepted {};            ///< The task was just taken over.
struct Admitted {};            ///< The host has room for it now.
struct StopRequested {};       ///< By the control plane.
struct ExecutionRoleReady {};  ///< Its keys are in memory now.
struct ResourcesReady {
  std::optional<Failure> failure{};
  std::string failure_name = "CgroupError";  ///< Empty: the error speaks for itself.
};
struct Resolved {
  ContainerIndex container = 0;
  std::string digest{};  ///< Empty: none known.
  std::optional<Failure> failure{};
  std::string failure_name = "CannotPullImageManifestError";
  bool fatal = false;  ///< The pull behaviour allows no cached image.
};
struct PullBegan {
  ContainerIndex container = 0;
};  ///< No cached image serves.
struct Pulled {
  ContainerIndex container = 0;
  bool needed = false;  ///< No cached image serves: there was a pull.
  std::optional<Failure> failure{};
  std::string failure_name = "CannotPullContainerError";
  bool fatal = false;
  /// It failed, and no image is cached. Otherwise that is left to the create call to tell.
  bool image_missing = false;
};
struct Created {
  ContainerIndex container = 0;
  ContainerId id{};
  /// It was there already: made for this task at a time of which the state on disk tells nothing.
  bool existed = false;
  std::optional<Failure> failure{};
  std::string failure_name = "CannotCreateContainerError";
};
struct StartFailed {
  ContainerIndex container = 0;
  Failure failure{};
  bool may_run = false;      ///< The process may exist all the same.
  bool was_started = false;  ///< It was a look at it that failed, after the start.
};
/// What an inspect showed: after our start call, after an engine event, or in a reconciliation.
struct Observed {
  ContainerIndex container = 0;
  Observation observation{};
};
/// Recover's answer. As Observed, but a container that never ran shall be started.
struct Recovered {
  ContainerIndex container = 0;
  Observation observation{};
};
struct Vanished {
  ContainerIndex container = 0;
};  ///< The engine does not know it any more.
struct StartTimeoutPassed {
  ContainerIndex container = 0;
};
struct FlushDue {};        ///< Time to report what rides with nothing.
struct StopAccepted {};    ///< The control plane took STOPPED.
struct CleanupDue {};      ///< The clean-up wait is over.
struct CleanupOverdue {};  ///< STOPPED was not accepted for so long that disk space comes first.
struct ContainersRemoved {};
struct ResourcesRemoved {};

}  // namespace event

/// Something that happened to a task, and when.
struct Event {
  WallTime at{};
  std::variant<event::Accepted, event::Admitted, event::StopRequested, event::ExecutionRoleReady,
               event::ResourcesReady, event::Resolved, event::PullBegan, event::Pulled,
               event::Created, event::StartFailed, event::Observed, event::Recovered,
               event::Vanished, event::StartTimeoutPassed, event::FlushDue, event::StopAccepted,
               event::CleanupDue, event::CleanupOverdue, event::ContainersRemoved,
               event::ResourcesRemoved>
      what{};
};

}  // namespace longshore::core
