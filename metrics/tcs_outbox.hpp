#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "agent/base/clock.hpp"
#include "metrics/report.hpp"

namespace longshore::metrics {

/// Reports that wait for a connection. When there are too many, the oldest goes: the newest says
/// most. Those older than five minutes are dropped, since the service refuses them.
/// Source of both numbers: amazon-ecs-agent:agent/app/agent.go.
template <typename Report>
class ReportQueue {
 public:
  static constexpr std::size_t kCapacity = 15;
  static constexpr std::chrono::minutes kMaxAge{5};

  void push(Report report, SteadyTime now) {
    if (reports_.size() == kCapacity) reports_.pop_front();
    reports_.push_back({std::move(report), now});
  }

  /// Whether take() will give a report.
  [[nodiscard]] bool has_report(SteadyTime now) const {
    return !reports_.empty() && reports_.back().since + kMaxAge >= now;
  }

  /// The oldest report that is not too old.
  std::optional<Report> take(SteadyTime now) {
    while (!reports_.empty()) {
      Waiting oldest = std::move(reports_.front());
      reports_.pop_front();
      if (oldest.since + kMaxAge >= now) return std::move(oldest.report);
    }
    return std::nullopt;
  }

 private:
  struct Waiting {
    Report report{};
    SteadyTime since{};
  };
  std::deque<Waiting> reports_{};
};

/// Everything telemetry has yet to say. TcsSession fills it, TcsConnection empties it; both on the
/// event loop.
class TcsOutbox {
 public:
  TcsOutbox(const boost::asio::any_io_executor& executor, WallTime now);

  void push(MetricsReport report, SteadyTime now) { metrics_.push(std::move(report), now); }
  void push(std::vector<TaskHealth> health, SteadyTime now) {
    health_.push(std::move(health), now);
  }
  /// Result of a check of this host: to be reported, also when it is the one before. Returns
  /// whether it is another.
  bool set_instance_health(InstanceHealth health, WallTime now);

  ReportQueue<MetricsReport>& metrics() { return metrics_; }
  ReportQueue<std::vector<TaskHealth>>& health() { return health_; }
  /// The instance's status, unless it was reported since the last check.
  [[nodiscard]] std::optional<InstanceStatus> unreported_status() const;
  /// `status` has been sent. A check since then still has to be reported.
  void mark_reported(const InstanceStatus& status);
  [[nodiscard]] bool has_news(SteadyTime now) const;

  /// Ends the wait of changed(), or the next one.
  void notify();
  /// Resumes after notify(). One waiter at a time; cancellation unwinds it.
  boost::asio::awaitable<void> changed();

 private:
  ReportQueue<MetricsReport> metrics_{};
  ReportQueue<std::vector<TaskHealth>> health_{};
  InstanceStatus status_{};
  bool status_reported_ = false;
  bool notified_ = false;
  boost::asio::steady_timer wake_;  ///< Never runs out; cancelled to wake the waiter.
};

}  // namespace longshore::metrics
