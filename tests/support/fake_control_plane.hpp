#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "agent/base/gate.hpp"
#include "agent/control/control_plane.hpp"

namespace longshore::testing {

/// A control plane in memory: accepts every change unless told otherwise, and remembers all of
/// them.
class FakeControlPlane final : public control::ControlPlane {
 public:
  boost::asio::awaitable<Status> submit(core::TaskChange change) override;

  /// What the next calls for `task` are answered with, in order; accepted again after that.
  void answer(const TaskArn& task, std::vector<Status> answers);
  /// Calls for `task` get no answer until release().
  void hold(const TaskArn& task);
  void release(const TaskArn& task);

  /// Every call, in the order they began.
  const std::vector<core::TaskChange>& submitted() const { return submitted_; }
  std::vector<core::TaskChange> submitted_for(const TaskArn& task) const;
  /// Calls without an answer now, and the most there were at a time.
  std::size_t running() const { return running_; }
  std::size_t most_running() const { return most_running_; }

 private:
  std::vector<core::TaskChange> submitted_{};
  std::map<TaskArn, std::deque<Status>> answers_{};
  std::map<TaskArn, std::shared_ptr<Signal>> held_{};
  std::size_t running_ = 0;
  std::size_t most_running_ = 0;
};

}  // namespace longshore::testing
