#include "agent/control/state_reporter.hpp"

#include <map>
#include <optional>
#include <utility>

#include "agent/base/gate.hpp"
#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/spawn.hpp"
#include "agent/core/backoff.hpp"

namespace longshore::control {
namespace {

using boost::asio::awaitable;

/// Source: amazon-ecs-agent:agent/eventhandler/task_handler.go.
constexpr core::BackoffSchedule kRetryBackoff{};

}  // namespace

/// Held by every sender too, so that a sender that outlives the reporter finds `stopped` set.
struct StateReporter::State {
  boost::asio::any_io_executor executor;
  ControlPlane& control_plane;
  Clock& clock;
  Bell& link_back;
  Completion on_done;
  std::function<double()> random;
  Gate calls{kMaxCalls};
  std::map<TaskArn, ReportQueue> queues{};  ///< Only tasks with a sender; none is empty.
  bool stopped = false;

  /// Sends the head of one task's queue until nothing is left.
  static awaitable<void> run_sender(std::shared_ptr<State> state, TaskArn task);
  static awaitable<Status> submit(std::shared_ptr<State> state, core::TaskChange change);
  /// Ends the head of a task's queue. False: nothing is left in it.
  static awaitable<bool> complete(std::shared_ptr<State> state, TaskArn task, bool accepted);
};

awaitable<Status> StateReporter::State::submit(std::shared_ptr<State> state,
                                               core::TaskChange change) {
  const auto pass = co_await state->calls.enter();
  if (state->stopped) co_return Status{};
  co_return co_await state->control_plane.submit(std::move(change));
}

awaitable<bool> StateReporter::State::complete(std::shared_ptr<State> state, TaskArn task,
                                               bool accepted) {
  const PendingReport& done = state->queues.at(task).front();
  co_await state->on_done(
      {.ids = done.ids, .task = task, .status = done.change.status, .accepted = accepted});
  if (state->stopped) co_return false;
  const auto queue = state->queues.find(task);
  queue->second.pop();
  if (!queue->second.empty()) co_return true;
  state->queues.erase(queue);
  co_return false;
}

awaitable<void> StateReporter::State::run_sender(std::shared_ptr<State> state, TaskArn task) {
  core::Backoff backoff(kRetryBackoff);
  while (true) {
    const core::TaskChange change = state->queues.at(task).front().change;
    // Before the call: the link may come back while the call still fails.
    const auto rings = state->link_back.rings();
    const Status sent = co_await submit(state, change);
    if (state->stopped) co_return;
    if (!sent && sent.error().code != ErrorCode::InvalidInput) {
      const auto wait = backoff.next(state->random());
      log_warn(
          "a state change could not be reported; it is repeated",
          {{"task", task_id(task)}, {"error", sent.error().message}, {"wait_ms", wait.count()}});
      co_await race(state->clock.sleep_for(wait), state->link_back.wait(rings));
      if (state->stopped) co_return;
      if (state->link_back.rings() != rings) backoff.reset();
      continue;
    }
    backoff.reset();
    if (!sent) {
      log_error("the control plane refused a state change; it is dropped",
                {{"task", task_id(task)}, {"error", sent.error().message}});
    }
    if (!co_await complete(state, task, sent.has_value())) co_return;
  }
}

StateReporter::StateReporter(boost::asio::any_io_executor executor, ControlPlane& control_plane,
                             Clock& clock, Bell& link_back, Completion on_done,
                             std::function<double()> random)
    : state_(new State{.executor = std::move(executor),
                       .control_plane = control_plane,
                       .clock = clock,
                       .link_back = link_back,
                       .on_done = std::move(on_done),
                       .random = std::move(random)}) {}

StateReporter::~StateReporter() { state_->stopped = true; }

void StateReporter::enqueue(ReportId id, core::TaskChange change) {
  const TaskArn task = change.task;
  const bool has_sender = state_->queues.contains(task);
  state_->queues[task].push(id, std::move(change));
  if (!has_sender) spawn(state_->executor, "report " + task.str(), State::run_sender(state_, task));
}

std::size_t StateReporter::pending() const {
  std::size_t count = 0;
  for (const auto& [task, queue] : state_->queues) {
    for (const PendingReport& report : queue.reports()) count += report.ids.size();
  }
  return count;
}

}  // namespace longshore::control
