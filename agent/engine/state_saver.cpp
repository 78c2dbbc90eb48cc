#include "agent/engine/state_saver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;

/// A save takes some milliseconds. From then on the disk is taken for one that hangs, and looked
/// after so often.
constexpr auto kDiskPatience = 10s;
constexpr auto kDiskHangs = 1s;
constexpr core::BackoffSchedule kSaveRetry{
    .first = 500ms, .limit = 5s, .factor = 2.0, .jitter = 0.2};

/// Taking things down is safe without a record: done twice it is done once. A start of what shall
/// stop begins nothing, and what it answers lets the rest of the task be taken down.
bool may_act_unsaved(const core::TaskState* task, const core::Action& action) {
  const auto* start = std::get_if<core::action::Start>(&action);
  if (start != nullptr) return task == nullptr || task->containers[start->container].stop_requested;
  return std::holds_alternative<core::action::Stop>(action) ||
         std::holds_alternative<core::action::CancelPull>(action) ||
         std::holds_alternative<core::action::CancelStart>(action) ||
         std::holds_alternative<core::action::Recover>(action);
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

StateSaver::StateSaver(boost::asio::any_io_executor executor, Clock& clock,
                       store::StateStore& store, TaskTable& tasks, Links links)
    : executor_(std::move(executor)),
      clock_(clock),
      store_(store),
      tasks_(tasks),
      links_(std::move(links)) {}

void StateSaver::start(std::map<std::string, std::string> metadata,
                       std::optional<store::Identity> identity) {
  metadata_ = std::move(metadata);
  identity_ = std::move(identity);
  spawn(executor_, "save state", run());
}

std::string StateSaver::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::string{} : found->second;
}

bool StateSaver::is_idle() const {
  return !saving_ && !tasks_.has_unsaved() && !write_facts_ && finished_.empty() &&
         pending_.empty();
}

boost::asio::awaitable<Status> StateSaver::record(Handover handover) {
  if (disk_hangs_) co_return fail(ErrorCode::Unavailable, "{}", error_);
  const auto mine = std::make_shared<Pending>(Pending{.what = std::move(handover)});
  pending_.push_back(mine);
  unsaved_.set();
  handed_over_.set();
  while (!mine->outcome) co_await saved_.wait(saved_.rings());
  co_return *mine->outcome;
}

boost::asio::awaitable<void> StateSaver::finish(std::vector<store::ReportId> reports) {
  append(finished_, reports);
  unsaved_.set();
  const auto is_unsaved = [this](store::ReportId id) {
    return std::find(finished_.begin(), finished_.end(), id) != finished_.end();
  };
  // A disk that takes nothing keeps no task from reporting its end: what is reported twice after a
  // crash is the lesser harm.
  while (error_.empty() && std::any_of(reports.begin(), reports.end(), is_unsaved)) {
    co_await saved_.wait(saved_.rings());
  }
}

StateSaver::Void StateSaver::run() {
  using boost::asio::experimental::awaitable_operators::operator||;
  core::Backoff backoff(kSaveRetry);
  while (true) {
    co_await unsaved_.wait();
    saving_ = tasks_.take_unsaved();
    bool saved = false;
    co_await race(save_into(&saved), act_while_disk_hangs());
    disk_hangs_ = false;
    if (saved) {
      error_.clear();  // Both may have come to their end at the same time.
      backoff.reset();
      for (auto& [task, action] : saving_->actions) links_.act(task, std::move(action));
    } else {
      act_while_unsaved(*saving_);
      tasks_.put_back(std::move(*saving_));
      // What was handed over is tried at once: somebody waits for an answer.
      co_await (clock_.sleep_for(backoff.next(random_unit())) || handed_over_.wait());
      unsaved_.set();
    }
    saving_.reset();
  }
}

StateSaver::Void StateSaver::save_into(bool* saved) { *saved = co_await save(); }

/// One transaction with everything in `saving_`, and with what was handed over. False: nothing was
/// written.
boost::asio::awaitable<bool> StateSaver::save() {
  // One that comes while this is under way is for the next; one that was tried is not taken twice.
  in_hand_ = std::exchange(pending_, {});
  for (const auto& one : in_hand_) {
    saving_->changed.insert(one->what.stopped.begin(), one->what.stopped.end());
  }
  store::Changes changes = changes_to_save();
  for (const auto& one : in_hand_) add(one->what, changes);
  std::vector<core::TaskChange> reports = changes.new_reports;
  const auto finished = static_cast<std::ptrdiff_t>(changes.finished_reports.size());
  auto ids = co_await write(std::move(changes));
  const std::string error_before = std::exchange(error_, ids ? std::string{} : ids.error().message);
  if (ids) {
    for (const auto& one : in_hand_) keep_facts(one->what);
    finished_.erase(finished_.begin(), finished_.begin() + finished);
  } else {
    // One line for an outage, not one for every attempt in it.
    if (error_ != error_before) log_error("cannot save state, trying again", {{"error", error_}});
    // Also for the next try to have something to write: a full disk takes an empty transaction.
    write_facts_ = true;
  }
  const AllPending handovers = std::exchange(in_hand_, {});
  settle(handovers, ids ? Status{} : fail(ids.error()));
  saved_.ring();
  if (!ids) co_return false;
  send(handovers, *ids, std::move(reports));
  co_return true;
}

/// What was written, in that order: the tasks' reports, then each handover's refusals. Those of one
/// that was told to have failed come again with its payload, and are not sent for this one.
void StateSaver::send(const AllPending& handovers, const std::vector<store::ReportId>& ids,
                      std::vector<core::TaskChange> reports) {
  std::size_t next = 0;
  for (; next < saving_->reports.size(); ++next) {
    links_.report_saved(ids[next], std::move(reports[next]));
  }
  for (const auto& one : handovers) {
    for (const std::size_t end = next + one->what.refusals.size(); next < end; ++next) {
      if (*one->outcome) {
        links_.report_saved(ids[next], std::move(reports[next]));
      } else {
        finished_.push_back(ids[next]);
        unsaved_.set();
      }
    }
  }
}

store::Changes StateSaver::changes_to_save() const {
  store::Changes changes;
  for (const TaskArn& arn : saving_->changed) {
    const core::TaskState* task = tasks_.find(arn);
    if (task == nullptr) continue;
    if (task->cleanup == core::Cleanup::Done) {
      changes.forgotten.push_back(arn);
    } else {
      changes.tasks.push_back(*task);
    }
  }
  changes.new_reports = saving_->reports;
  changes.finished_reports = finished_;
  if (write_facts_) {
    changes.metadata = metadata_;
    changes.identity = identity_;
  }
  return changes;
}

void StateSaver::add(const Handover& handover, store::Changes& changes) {
  changes.durable = true;
  append(changes.tasks, handover.fresh);
  append(changes.new_reports, handover.refusals);
  for (const auto& [key, value] : handover.metadata) changes.metadata[key] = value;
  if (handover.identity) changes.identity = handover.identity;
}

void StateSaver::keep_facts(const Handover& handover) {
  for (const auto& [key, value] : handover.metadata) metadata_[key] = value;
  if (handover.identity) identity_ = handover.identity;
}

/// Whoever was told already, because the disk hung, is not told again.
void StateSaver::settle(const AllPending& handovers, const Status& outcome) {
  for (const auto& one : handovers) {
    if (!one->outcome) one->outcome = outcome;
  }
}

/// Saves, and once more where that found the disk to have lost what it was given: then everything
/// else is written anew, too, in the next save.
boost::asio::awaitable<Result<std::vector<store::ReportId>>> StateSaver::write(
    store::Changes changes) {
  write_facts_ = false;
  auto ids = co_await store_.save(changes);
  if (ids || ids.error().code != ErrorCode::InvalidInput) co_return ids;
  log_error("state on disk was damaged; all of it is written anew",
            {{"error", ids.error().message}, {"tasks", tasks_.all().size()}});
  tasks_.touch_all();
  write_facts_ = true;
  unsaved_.set();
  co_return co_await store_.save(std::move(changes));
}

/// For as long as one save takes: a disk that hangs says neither yes nor no.
StateSaver::Void StateSaver::act_while_disk_hangs() {
  const SteadyTime began = clock_.steady_now();
  for (auto wait = std::chrono::seconds{kDiskPatience};; wait = kDiskHangs) {
    co_await clock_.sleep_for(wait);
    const auto since = std::chrono::floor<std::chrono::seconds>(clock_.steady_now() - began);
    error_ = fmt::format("the disk has not answered for {} s", since.count());
    if (!std::exchange(disk_hangs_, true)) {
      log_error("cannot save state, still waiting", {{"error", error_}});
    }
    // Whoever waits for a record of a payload keeps the next one waiting, in which there may be
    // stops. What comes to be written all the same is written again when it comes again.
    const Status none = fail(ErrorCode::Unavailable, "{}", error_);
    settle(in_hand_, none);
    settle(std::exchange(pending_, {}), none);
    saved_.ring();
    act_while_unsaved(*saving_);
    Unsaved since_then = tasks_.take_unsaved();
    act_while_unsaved(since_then);
    tasks_.put_back(std::move(since_then));
  }
}

void StateSaver::act_while_unsaved(Unsaved& unsaved) {
  std::vector<std::pair<TaskArn, core::Action>> held;
  for (auto& [task, action] : unsaved.actions) {
    if (may_act_unsaved(tasks_.find(task), action)) {
      links_.act(task, std::move(action));
    } else {
      held.emplace_back(task, std::move(action));
    }
  }
  unsaved.actions = std::move(held);
}

}  // namespace longshore::engine
