#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "agent/core/host_resources.hpp"
#include "agent/core/resource_ledger.hpp"

namespace longshore::core {

/// Which accepted tasks may begin, in view of what the host has.
///
/// The head is the task that has waited longest of those that this host could run at some time. It
/// starts as soon as it fits. A task behind it that fits starts before it
///   - when that does not put the head off: it takes nothing of what the head lacks now, and leaves
///     enough for the head of all else;
///   - and even when it does, until the head has waited `head_patience`. So a host is kept busy,
///     and how long a large task can be passed by small ones is bounded. With a patience of 0
///     nothing ever puts the head off.
/// A task that this host could never run stands beside the line: it holds nobody up and says why.
///
/// Pure and on the caller's time. It stays fast with 10,000 tasks in line: a look costs one pass
/// over those that came since the last one, and over all only after a release.
class AdmissionQueue {
 public:
  AdmissionQueue(HostResources host, std::chrono::milliseconds head_patience)
      : ledger_(std::move(host)), head_patience_(head_patience) {}

  /// A task that was admitted before the agent was restarted: it takes what it needs, even beyond
  /// what the host has. One that waits leaves the line for it.
  void hold(const TaskArn& task, const ResourceNeed& need);
  /// Puts a task at the end of the line. Nothing for a task that waits or holds already.
  void enqueue(const TaskArn& task, const ResourceNeed& need, SteadyTime now);
  /// A holder frees what it took, a waiting task leaves the line. Safe to repeat.
  void release(const TaskArn& task);
  /// All tasks that may begin now, in the order in which they shall; they are holders from here on.
  /// To be called after every `enqueue` and `release`, and every second in case one was missed.
  std::vector<TaskArn> admit(SteadyTime now);

  /// For people, why a task has not begun: "needs 512 MiB of memory, 256 MiB are free; behind 2
  /// tasks". nullopt for a task that does not wait.
  [[nodiscard]] std::optional<std::string> waits_for(const TaskArn& task) const;
  /// Tasks that wait, those that can never start included.
  [[nodiscard]] std::size_t waiting() const { return waiters_.size(); }
  /// In no order.
  [[nodiscard]] std::vector<TaskArn> holders() const { return ledger_.holders(); }
  /// The sum of what holders took.
  [[nodiscard]] ResourceNeed used() const { return ledger_.used(); }

 private:
  struct Waiter {
    TaskArn task{};
    ResourceNeed need{};
    SteadyTime since{};
    std::uint64_t place = 0;  ///< Grows along the line.
    bool hopeless = false;    ///< Not in the line: it never fits.
  };

  [[nodiscard]] bool may_start(const Waiter& waiter, const Waiter* head, SteadyTime now) const;
  [[nodiscard]] std::size_t position(const Waiter& waiter) const;
  void leave_line(const TaskArn& task);

  ResourceLedger ledger_;
  std::chrono::milliseconds head_patience_;
  std::unordered_map<TaskArn, std::unique_ptr<const Waiter>> waiters_;
  std::vector<const Waiter*> line_;  ///< In order of arrival.
  std::uint64_t next_place_ = 0;
  /// So many at the front cannot start before something is released: a look may pass them over.
  std::size_t looked_at_ = 0;
};

}  // namespace longshore::core
