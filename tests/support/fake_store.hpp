#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/gate.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::testing {

/// A disk in memory. Keeps tasks and reports as the documents that the real store writes, so that
/// what is not part of them is lost here too. A test can make saves wait or fail.
class FakeStore final : public store::StateStore {
 public:
  boost::asio::awaitable<Result<store::Contents>> load() override;
  boost::asio::awaitable<Result<std::vector<store::ReportId>>> save(
      store::Changes changes) override;

  /// While set, every save fails with it and writes nothing.
  std::optional<Error> broken{};
  /// Set: the next save finds that nothing but reports and the identity can be read any more.
  bool damaged = false;
  /// Somebody removes the files, or what they hold of one task, or of reports.
  void forget();
  void forget(const TaskArn& task) { tasks_.erase(task); }
  void forget_reports() { reports_.clear(); }
  /// From now on calls wait, until release().
  void hold() { held_ = true; }
  void release();

  /// Every save that was written, in order.
  const std::vector<store::Changes>& saved() const { return saved_; }
  /// What a load would give now.
  store::Contents contents() const;

 private:
  boost::asio::awaitable<Gate::Pass> enter();

  std::map<TaskArn, std::string> tasks_{};
  std::map<store::ReportId, std::string> reports_{};
  std::map<std::string, std::string> metadata_{};
  std::optional<store::Identity> identity_{};
  store::ReportId last_report_ = 0;
  std::vector<store::Changes> saved_{};
  Gate one_at_a_time_{1};
  bool held_ = false;
  Signal released_{};
};

}  // namespace longshore::testing
