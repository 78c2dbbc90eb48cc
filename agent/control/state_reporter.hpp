#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "agent/base/bell.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/text.hpp"
#include "agent/control/control_plane.hpp"
#include "agent/control/report_queue.hpp"

namespace longshore::control {

/// What became of one call, and of the reports that it carried.
struct ReportOutcome {
  std::vector<ReportId> ids{};
  TaskArn task{};
  core::ReportedStatus status = core::ReportedStatus::Pending;
  bool accepted = false;  ///< false: the control plane refused it for good.
};

/// Reports changes to the control plane: in order within a task, each until it is accepted or
/// refused for good, for as long as that takes. Tasks do not wait for one another, except that at
/// most four calls run at a time, each with a deadline. Lives on the event loop; what it has queued
/// is also in the store, so it may be dropped at any time.
class StateReporter {
 public:
  static constexpr std::size_t kMaxCalls = 4;
  /// Called once for each call, in order within its task; may enqueue more. It ends when the
  /// outcome is on disk, and the task's next report waits for that: after a crash only the last one
  /// that was sent can be sent again, never one before it.
  using Completion = std::function<boost::asio::awaitable<void>(ReportOutcome)>;

  /// `link_back` ends the waits of reports that failed: it is rung when the control plane is in
  /// reach again. `random` gives [0, 1) for the waits. The services must live as long as the loop
  /// runs.
  StateReporter(boost::asio::any_io_executor executor, ControlPlane& control_plane, Clock& clock,
                Bell& link_back, Completion on_done, std::function<double()> random = random_unit);
  ~StateReporter();  ///< No call starts after this; none that runs is answered to.
  StateReporter(const StateReporter&) = delete;
  StateReporter& operator=(const StateReporter&) = delete;

  /// Queues a change behind the earlier ones of its task. `id` comes back in the outcome.
  void enqueue(ReportId id, core::TaskChange change);

  /// Reports that were neither accepted nor refused yet, as far as the disk knows, over all tasks.
  std::size_t pending() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace longshore::control
