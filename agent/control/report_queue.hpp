#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "agent/core/state_change.hpp"

namespace longshore::control {

/// The store's number for an unsent report.
using ReportId = std::int64_t;

/// One call to make, and the reports that are done with it.
struct PendingReport {
  std::vector<ReportId> ids{};
  core::TaskChange change{};
};

/// The unsent reports of one task, in order and bounded: beyond kMaxReports, neighbours are joined.
/// Joining keeps the later status and every container's latest word on each of its states, so a
/// STOPPED is never lost. Pure.
class ReportQueue {
 public:
  static constexpr std::size_t kMaxReports = 100;

  /// The front is left alone: it may be on its way.
  void push(ReportId id, core::TaskChange change);
  const PendingReport& front() const { return reports_.front(); }
  PendingReport pop();
  bool empty() const { return reports_.empty(); }
  std::size_t size() const { return reports_.size(); }
  const std::deque<PendingReport>& reports() const { return reports_; }

 private:
  std::deque<PendingReport> reports_{};
};

}  // namespace longshore::control
