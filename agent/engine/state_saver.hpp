#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/bell.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/engine/task_table.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::engine {

/// What somebody waits for to be on disk.
struct Handover {
  std::vector<core::TaskState> fresh{};           ///< Tasks not known before.
  std::vector<TaskArn> stopped{};                 ///< Known tasks that shall end.
  std::vector<core::TaskChange> refusals{};       ///< Reports about tasks that will never run.
  std::map<std::string, std::string> metadata{};  ///< As in store::Changes.
  std::optional<store::Identity> identity{};
};

/// Brings what was decided to disk, and then has it done. One writer alone keeps the order: no
/// older state of a task is written over a newer one, and no state without the reports that were
/// made on the way to it. What is decided while a save is under way is saved together in the next
/// one, so a burst of events costs two writes and not a hundred. On the event loop.
///
/// A disk that is full is tried again for as long as it takes. While it is, or while it hangs, what
/// takes things down is done without a record, and nothing else.
class StateSaver {
 public:
  struct Links {
    std::function<void(const TaskArn&, core::Action)> act{};
    /// The report is on disk under this id.
    std::function<void(store::ReportId, core::TaskChange)> report_saved{};
  };

  StateSaver(boost::asio::any_io_executor executor, Clock& clock, store::StateStore& store,
             TaskTable& tasks, Links links);
  /// Begins to save, with the facts that were loaded. The metadata must not be empty: a full disk
  /// takes an empty transaction, and would be taken for one with space.
  void start(std::map<std::string, std::string> metadata, std::optional<store::Identity> identity);

  /// The table holds something to save.
  void wake() { unsaved_.set(); }
  /// Writes this, with all that was decided before, so that it outlives a power cut. Errors: those
  /// of StateStore::save; Unavailable: the disk hangs. It may come to be written all the same.
  boost::asio::awaitable<Status> record(Handover handover);
  /// The control plane has these. Ends when that is on disk, or the disk takes nothing.
  boost::asio::awaitable<void> finish(std::vector<store::ReportId> reports);
  /// Whether everything decided so far is on disk.
  [[nodiscard]] bool is_idle() const;
  /// Why the latest state is not on disk; empty when it is.
  [[nodiscard]] const std::string& error() const { return error_; }

  /// Empty when never set.
  [[nodiscard]] std::string metadata(const std::string& key) const;
  [[nodiscard]] const std::optional<store::Identity>& identity() const { return identity_; }

 private:
  using Void = boost::asio::awaitable<void>;
  struct Pending {
    Handover what{};
    std::optional<Status> outcome{};
  };
  using AllPending = std::vector<std::shared_ptr<Pending>>;

  Void run();
  boost::asio::awaitable<bool> save();
  Void save_into(bool* saved);
  boost::asio::awaitable<Result<std::vector<store::ReportId>>> write(store::Changes changes);
  [[nodiscard]] store::Changes changes_to_save() const;
  void add(const Handover& handover, store::Changes& changes);
  void keep_facts(const Handover& handover);
  static void settle(const AllPending& handovers, const Status& outcome);
  void send(const AllPending& handovers, const std::vector<store::ReportId>& ids,
            std::vector<core::TaskChange> reports);
  Void act_while_disk_hangs();
  void act_while_unsaved(Unsaved& unsaved);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  store::StateStore& store_;
  TaskTable& tasks_;
  Links links_;
  Signal unsaved_;
  std::optional<Unsaved> saving_{};  ///< What is being written now.
  AllPending pending_;               ///< For the next save.
  AllPending in_hand_;               ///< In this one.
  Signal handed_over_;               ///< Some wait.
  std::vector<store::ReportId> finished_;
  Bell saved_;  ///< Rung at the end of each save, and now and then when it has none.
  std::string error_{};
  bool disk_hangs_ = false;  ///< A save has not returned for long.
  std::map<std::string, std::string> metadata_;
  std::optional<store::Identity> identity_{};
  bool write_facts_ = false;  ///< Metadata and identity are written with the next save.
};

}  // namespace longshore::engine
