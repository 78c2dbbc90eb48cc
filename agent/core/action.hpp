#pragma once

#include <variant>

#include "agent/core/event.hpp"
#include "agent/core/state_change.hpp"

namespace longshore::core {

namespace action {

struct CreateResources {};  ///< Answered by ResourcesReady.
struct Resolve {
  ContainerIndex container = 0;
};  ///< Answered by Resolved.
struct Pull {
  ContainerIndex container = 0;
};  ///< Answered by Pulled.
struct CancelPull {
  ContainerIndex container = 0;
};
struct Create {
  ContainerIndex container = 0;
};  ///< Answered by Created.
struct Start {
  ContainerIndex container = 0;
};  ///< Answered by Observed, StartFailed or, where a stop came first, Recovered. Also a restart.
struct CancelStart {
  ContainerIndex container = 0;
};  ///< A Start that the engine has not been asked for yet is answered at once.
struct Stop {
  ContainerIndex container = 0;
};  ///< Repeated until Observed or Vanished.
struct Recover {
  ContainerIndex container = 0;
};  ///< Answered by Recovered or Vanished.
struct ArmStartTimeout {
  ContainerIndex container = 0;
};  ///< Answered by StartTimeoutPassed.
struct Report {
  TaskChange change{};
};  ///< Durable and in order.
struct ArmCleanup {};        ///< Answered by CleanupDue and, much later, CleanupOverdue.
struct RemoveContainers {};  ///< Repeated until done: ContainersRemoved.
struct RemoveResources {};   ///< Repeated until done: ResourcesRemoved.
struct Forget {};            ///< Drop every trace of the task.

}  // namespace action

/// Something the engine shall do, after the state that led to it is on disk. Each is safe to
/// repeat, since a crash between saving and doing makes the next start do it again.
using Action =
    std::variant<action::CreateResources, action::Resolve, action::Pull, action::CancelPull,
                 action::Create, action::Start, action::CancelStart, action::Stop, action::Recover,
                 action::ArmStartTimeout, action::Report, action::ArmCleanup,
                 action::RemoveContainers, action::RemoveResources, action::Forget>;

}  // namespace longshore::core
