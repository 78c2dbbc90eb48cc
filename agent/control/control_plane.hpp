#pragma once

#include <boost/asio/awaitable.hpp>

#include "agent/base/result.hpp"
#include "agent/core/state_change.hpp"

namespace longshore::control {

/// What the agent tells the control plane. EcsClient is the real one; tests use FakeControlPlane.
/// Call from the event loop only.
class ControlPlane {
 public:
  virtual ~ControlPlane() = default;

  /// Sends one change (SubmitTaskStateChange), once; no retry inside. Errors: InvalidInput when the
  /// control plane refuses it for good (InvalidParameterException); everything else is worth
  /// repeating.
  virtual boost::asio::awaitable<Status> submit(core::TaskChange change) = 0;
};

}  // namespace longshore::control
