#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "agent/core/host_resources.hpp"

namespace longshore::test {

/// The rules of admission, written down a second time and in the plainest way: everything of the
/// host, each port and GPU too, is an amount, and every question goes over all of them. It does
/// not decide; it says whether what the queue decided was allowed, and what was due.
class AdmissionModel {
 public:
  /// CPU, memory, ten TCP ports from 8000 (the last one reserved), four UDP ports, three GPUs (the
  /// last one unknown to the host).
  using Amounts = std::array<std::int64_t, 19>;

  explicit AdmissionModel(std::chrono::milliseconds patience) : patience_(patience) {}

  static core::HostResources host();
  static core::ResourceNeed need(const Amounts& amounts);
  /// The host with nothing on it could run this.
  static bool possible(const Amounts& amounts);

  void arrive(const TaskArn& task, const Amounts& amounts, SteadyTime now);
  void leave(const TaskArn& task);
  /// Checks that each one was waiting, fitted, and passed no head that it must not pass.
  void admit(const std::vector<TaskArn>& admitted, SteadyTime now);

  /// The longest time any waiting task has by now been due: it fits, and it is the head, or the
  /// head does not fit and is unharmed by it.
  std::chrono::milliseconds longest_due(SteadyTime now);
  /// The longest time the head has by now been the head.
  std::chrono::milliseconds head_for(SteadyTime now);
  /// A waiting task fits, and the head's patience is not over.
  [[nodiscard]] bool leaves_room_unused(SteadyTime now) const;

  [[nodiscard]] core::ResourceNeed used() const { return need(used_); }
  [[nodiscard]] std::size_t waiting() const { return line_.size(); }
  [[nodiscard]] bool holds(const TaskArn& task) const { return holders_.contains(task); }

 private:
  struct Waiter {
    TaskArn task{};
    Amounts amounts{};
    SteadyTime since{};
    std::optional<SteadyTime> due_since{};
  };

  static const Amounts& total();
  [[nodiscard]] bool fits(const Amounts& amounts) const;
  [[nodiscard]] bool harms(const Amounts& later, const Amounts& head) const;
  [[nodiscard]] const Waiter* head() const;

  std::chrono::milliseconds patience_;
  std::vector<Waiter> line_;
  std::map<TaskArn, Amounts> holders_;
  Amounts used_{};
  TaskArn last_head_{};
  SteadyTime head_since_{};
};

}  // namespace longshore::test
