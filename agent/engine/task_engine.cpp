#include "agent/engine/task_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>
#include <set>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/core/backoff.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

/// A save takes some milliseconds. From then on the disk is taken for one that hangs, and looked
/// after so often.
constexpr auto kDiskPatience = 10s;
constexpr auto kDiskHangs = 1s;
constexpr core::BackoffSchedule kSaveRetry{
    .first = 500ms, .limit = 5s, .factor = 2.0, .jitter = 0.2};

/// Taking things down is safe without a record: done twice it is done once.
bool may_act_unsaved(const core::Action& action) {
  return std::holds_alternative<core::action::Stop>(action) ||
         std::holds_alternative<core::action::CancelPull>(action) ||
         std::holds_alternative<core::action::Recover>(action);
}

}  // namespace

TaskEngine::TaskEngine(boost::asio::any_io_executor executor, Clock& clock,
                       store::StateStore& store, runtime::ContainerRuntime& runtime,
                       runtime::ResourceLimiter& limiter, EngineSettings settings,
                       EngineLinks links)
    : executor_(executor),
      clock_(clock),
      store_(store),
      runtime_(runtime),
      settings_(std::move(settings)),
      links_(std::move(links)),
      admission_(settings_.host, settings_.head_patience),
      steps_(executor, clock, runtime, limiter, settings_, links_, tasks_, keys_,
             [this](TaskArn task, decltype(core::Event::what) what) {
               post(std::move(task), std::move(what));
             }) {}

boost::asio::awaitable<Status> TaskEngine::load() {
  auto contents = co_await store_.load();
  if (!contents) co_return fail("load state", std::move(contents).error());
  metadata_ = std::move(contents->metadata);
  identity_ = std::move(contents->identity);
  never_registered_ = !identity_;
  const std::string& counter = metadata_[kManifestCounterKey];
  std::from_chars(counter.data(), counter.data() + counter.size(), manifest_counter_);
  // Waiting tasks line up again in the order in which they came.
  std::sort(contents->tasks.begin(), contents->tasks.end(),
            [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  for (auto& task : contents->tasks) {
    next_arrival_ = std::max(next_arrival_, task.arrival + 1);
    arrived_.push_back(task.spec->arn);
    tasks_.insert(std::move(task));
  }
  report_lost_ends(contents->reports);
  for (auto& report : contents->reports) sent_to_reporter(report.id, std::move(report.change));
  if (!settings_.take_over_strangers) co_return Status{};
  strangers_due_ = true;
  if (!runtime_.breaker().is_open()) co_await take_over_strangers();
  co_return Status{};
}

/// A task's end that was reported and not accepted is in a report that waits. If it is not, damage
/// took it, and the control plane would wait for ever.
void TaskEngine::report_lost_ends(const std::vector<store::StoredReport>& reports) {
  std::set<TaskArn> waiting;
  for (const auto& report : reports) {
    if (report.change.status == core::ReportedStatus::Stopped) waiting.insert(report.change.task);
  }
  for (const auto& [arn, task] : tasks_.all()) {
    if (task.reported != core::ReportedStatus::Stopped || task.stop_accepted) continue;
    if (waiting.contains(arn)) continue;
    log_warn("the report of a task's end is lost and made anew", {{"task", task_id(arn)}});
    tasks_.add_report(core::report_of_end(task));
  }
}

void TaskEngine::start() {
  begin_arrived();
  if (strangers_due_) spawn(executor_, "look for lost tasks", take_over_strangers_late());
  spawn(executor_, "save state", run_saver());
  spawn(executor_, "flush reports", run_flusher());
  spawn(executor_, "admission", run_admission());
}

void TaskEngine::begin_arrived() {
  // Some come to their end by being resumed: those take no part of the host.
  for (const TaskArn& arn : arrived_) tasks_.resume(arn, clock_.wall_now());
  for (const TaskArn& arn : std::exchange(arrived_, {})) line_up(*tasks_.find(arn));
  admit_what_fits();
  unsaved_.set();
}

/// A task takes its part of the host from its admission until none of its containers is left.
void TaskEngine::line_up(const core::TaskState& task) {
  if (core::task_status(task) == core::ReportedStatus::Stopped) return;
  const core::ResourceNeed need = core::need_of(*task.spec);
  if (task.admitted) return admission_.hold(task.spec->arn, need);
  admission_.enqueue(task.spec->arn, need, clock_.steady_now());
  waiting_.set();
}

void TaskEngine::admit_what_fits() {
  for (const TaskArn& arn : admission_.admit(clock_.steady_now())) post(arn, event::Admitted{});
}

/// Room is looked for at every arrival and at every end. This is for whatever was missed.
TaskEngine::Void TaskEngine::run_admission() {
  while (true) {
    co_await waiting_.wait();
    while (admission_.waiting() > 0) {
      co_await clock_.sleep_for(1s);
      admit_what_fits();
    }
  }
}

void TaskEngine::post(TaskArn task, decltype(core::Event::what) what) {
  const core::TaskState* before = tasks_.find(task);
  if (before == nullptr) return;
  std::vector<ContainerId> alive;
  for (const auto& c : before->containers) {
    if (c.phase < core::Phase::Stopped && !c.runtime_id.empty()) alive.push_back(c.runtime_id);
  }
  const bool was_over = core::task_status(*before) == core::ReportedStatus::Stopped;
  tasks_.apply(task, {.at = clock_.wall_now(), .what = std::move(what)});
  tell_ended(task, alive);
  if (tasks_.has_unsaved()) unsaved_.set();
  if (was_over || core::task_status(*tasks_.find(task)) != core::ReportedStatus::Stopped) return;
  admission_.release(task);
  admit_what_fits();
}

void TaskEngine::tell_ended(const TaskArn& task, const std::vector<ContainerId>& alive) {
  for (const ContainerId& id : alive) {
    const auto key = tasks_.find(id);
    const bool ended =
        key && tasks_.find(task)->containers[key->container].phase == core::Phase::Stopped;
    if (ended && links_.container_stopped) links_.container_stopped(id);
  }
}

void TaskEngine::act(const TaskArn& task, core::Action action) {
  if (!std::holds_alternative<core::action::Forget>(action)) {
    return steps_.run(task, std::move(action));
  }
  if (tasks_.find(task) == nullptr) return;
  keys_.drop(task);
  log_info("task cleaned up", {{"task", task_id(task)}});
  tasks_.erase(task);
}

store::Changes TaskEngine::changes_to_save() const {
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
  changes.finished_reports = finished_reports_;
  return changes;
}

/// One transaction with everything in `saving_`, and with what a payload brought. False: nothing
/// was written.
boost::asio::awaitable<bool> TaskEngine::save() {
  // One that comes while this is under way is for the next; one that was tried is not taken twice.
  const auto handed = handover_ && !handover_->outcome ? handover_ : nullptr;
  if (handed != nullptr) saving_->changed.insert(handed->stopped.begin(), handed->stopped.end());
  store::Changes changes = changes_to_save();
  if (handed != nullptr) {
    changes.durable = true;
    changes.tasks.insert(changes.tasks.end(), handed->fresh.begin(), handed->fresh.end());
    changes.new_reports.insert(changes.new_reports.end(), handed->refusals.begin(),
                               handed->refusals.end());
  }
  std::vector<core::TaskChange> reports = changes.new_reports;
  const auto finished = static_cast<std::ptrdiff_t>(changes.finished_reports.size());
  if (std::exchange(write_facts_, false)) {
    changes.metadata = metadata_;
    changes.identity = identity_;
  }
  auto ids = co_await write(std::move(changes));
  // Also for the next try to have something to write: a full disk takes an empty transaction.
  if (!ids) write_facts_ = true;
  if (handed != nullptr && !handed->outcome) {
    handed->outcome = ids ? Status{} : fail(ids.error());
    handed_over_.set();
  }
  if (!ids) {
    log_error("cannot save state, trying again", {{"error", ids.error().message}});
    save_error_ = ids.error().message;
    saved_.ring();
    co_return false;
  }
  save_error_.clear();
  finished_reports_.erase(finished_reports_.begin(), finished_reports_.begin() + finished);
  saved_.ring();
  for (std::size_t i = 0; i < ids->size(); ++i) {
    sent_to_reporter((*ids)[i], std::move(reports[i]));
  }
  co_return true;
}

/// Has the saver write what a payload brought, with all that was decided before. One writer alone
/// keeps the order: no older state of a task is written over a newer one, and no state without the
/// reports that were made on the way to it.
boost::asio::awaitable<Status> TaskEngine::record(Handover handover) {
  if (disk_hangs_) co_return fail(ErrorCode::Unavailable, "{}", save_error_);
  const auto mine = std::make_shared<Handover>(std::move(handover));
  handover_ = mine;
  unsaved_.set();
  handing_over_.set();
  while (!mine->outcome) co_await handed_over_.wait();
  handover_.reset();
  co_return *mine->outcome;
}

/// Saves, and once more where that found the disk to have lost what it was given: then everything
/// else is written anew, too, as soon as the saver gets to it.
boost::asio::awaitable<Result<std::vector<store::ReportId>>> TaskEngine::write(
    store::Changes changes) {
  auto ids = co_await store_.save(changes);
  if (ids || ids.error().code != ErrorCode::InvalidInput) co_return ids;
  log_error("state on disk was damaged; all of it is written anew",
            {{"error", ids.error().message}, {"tasks", tasks_.all().size()}});
  tasks_.touch_all();
  write_facts_ = true;
  unsaved_.set();
  co_return co_await store_.save(std::move(changes));
}

/// For those who have more to do than to wait for a disk that hangs. What is written after they
/// gave up is what they wanted written.
boost::asio::awaitable<Status> TaskEngine::write_in_time(store::Changes changes) {
  if (disk_hangs_) co_return fail(ErrorCode::Unavailable, "{}", save_error_);
  const auto writing = std::make_shared<Writing>();
  spawn(executor_, "save facts", write_into(writing, std::move(changes)));
  co_await race(writing->ended.wait(0), clock_.sleep_for(kDiskPatience));
  if (writing->outcome) co_return *writing->outcome;
  co_return fail(ErrorCode::Unavailable, "the disk has not answered for {} s",
                 std::chrono::seconds{kDiskPatience}.count());
}

TaskEngine::Void TaskEngine::write_into(std::shared_ptr<Writing> writing, store::Changes changes) {
  const auto ids = co_await write(std::move(changes));
  writing->outcome = ids ? Status{} : fail(ids.error());
  writing->ended.ring();
}

TaskEngine::Void TaskEngine::run_saver() {
  using boost::asio::experimental::awaitable_operators::operator||;
  core::Backoff backoff(kSaveRetry);
  while (true) {
    co_await unsaved_.wait();
    saving_ = tasks_.take_unsaved();
    bool saved = false;
    co_await race(save_into(&saved), act_while_disk_hangs());
    disk_hangs_ = false;
    if (saved) {
      backoff.reset();
      for (auto& [task, action] : saving_->actions) act(task, std::move(action));
    } else {
      act_while_unsaved(*saving_);
      tasks_.put_back(std::move(*saving_));
      // A payload is tried at once: the control plane waits for an answer.
      co_await (clock_.sleep_for(backoff.next(random_unit())) || handing_over_.wait());
      unsaved_.set();
    }
    saving_.reset();
  }
}

TaskEngine::Void TaskEngine::save_into(bool* saved) { *saved = co_await save(); }

/// For as long as one save takes: a disk that hangs says neither yes nor no.
TaskEngine::Void TaskEngine::act_while_disk_hangs() {
  const SteadyTime began = clock_.steady_now();
  for (auto wait = std::chrono::seconds{kDiskPatience};; wait = kDiskHangs) {
    co_await clock_.sleep_for(wait);
    const auto since = std::chrono::floor<std::chrono::seconds>(clock_.steady_now() - began);
    save_error_ = fmt::format("the disk has not answered for {} s", since.count());
    if (!std::exchange(disk_hangs_, true)) {
      log_error("cannot save state, still waiting", {{"error", save_error_}});
    }
    saved_.ring();
    give_up_handover();
    act_while_unsaved(*saving_);
    Unsaved since_then = tasks_.take_unsaved();
    act_while_unsaved(since_then);
    tasks_.put_back(std::move(since_then));
  }
}

/// Whoever waits for the record keeps the next payload waiting, in which there may be stops. What
/// comes to be written all the same is written again when the payload comes again.
void TaskEngine::give_up_handover() {
  if (!handover_ || handover_->outcome) return;
  handover_->outcome = fail(ErrorCode::Unavailable, "{}", save_error_);
  handed_over_.set();
}

void TaskEngine::act_while_unsaved(Unsaved& unsaved) {
  std::vector<std::pair<TaskArn, core::Action>> held;
  for (auto& [task, action] : unsaved.actions) {
    if (may_act_unsaved(action)) {
      act(task, std::move(action));
    } else {
      held.emplace_back(task, std::move(action));
    }
  }
  unsaved.actions = std::move(held);
}

/// Container changes that no task change carried along are sent by themselves after 10 to 30 s,
/// as the official agent does (amazon-ecs-agent:agent/eventhandler/task_handler.go).
TaskEngine::Void TaskEngine::run_flusher() {
  while (true) {
    co_await clock_.sleep_for(
        10s + std::chrono::milliseconds(static_cast<std::int64_t>(20'000 * random_unit())));
    std::vector<TaskArn> waiting;
    for (const auto& [arn, task] : tasks_.all()) {
      if (!task.unreported.empty()) waiting.push_back(arn);
    }
    for (const TaskArn& arn : waiting) post(arn, event::FlushDue{});
  }
}

void TaskEngine::sent_to_reporter(store::ReportId id, core::TaskChange change) {
  open_reports_[id] = {.task = change.task,
                       .stopped = change.status == core::ReportedStatus::Stopped};
  links_.send_report(id, std::move(change));
}

TaskEngine::Void TaskEngine::reports_finished(std::vector<store::ReportId> reports) {
  for (const store::ReportId id : reports) {
    const auto found = open_reports_.find(id);
    if (found == open_reports_.end()) continue;
    const OpenReport open = std::move(found->second);
    open_reports_.erase(found);
    finished_reports_.push_back(id);
    if (open.stopped) post(open.task, event::StopAccepted{});
  }
  unsaved_.set();
  auto heard = saved_.rings();
  const auto is_unsaved = [&](store::ReportId id) {
    return std::find(finished_reports_.begin(), finished_reports_.end(), id) !=
           finished_reports_.end();
  };
  // A disk that takes nothing keeps no task from reporting its end: what is reported twice after a
  // crash is the lesser harm.
  while (save_error_.empty() && std::any_of(reports.begin(), reports.end(), is_unsaved)) {
    co_await saved_.wait(heard);
    heard = saved_.rings();
  }
}

boost::asio::awaitable<bool> TaskEngine::drain(std::chrono::milliseconds limit) {
  const SteadyTime deadline = clock_.steady_now() + limit;
  while (saving_.has_value() || tasks_.has_unsaved() || write_facts_ ||
         !finished_reports_.empty()) {
    if (clock_.steady_now() >= deadline) co_return false;
    co_await clock_.sleep_for(5ms);
  }
  co_return true;
}

void TaskEngine::died(ContainerKey key, core::Exit exit) {
  post(key.task, event::Observed{key.container, {.has_run = true, .exit = std::move(exit)}});
}

MainProcess TaskEngine::main_process(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) return MainProcess::Unknown;
  const core::ContainerState& container = task->containers[key.container];
  return engine::main_process(links_, container.runtime_id, container.restart_count);
}

void TaskEngine::vanished(ContainerKey key) { post(key.task, event::Vanished{key.container}); }

void TaskEngine::health_changed(ContainerKey key, core::Health health) {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) return;
  if (links_.health_changed) {
    links_.health_changed(task->containers[key.container].runtime_id, health, clock_.wall_now());
  }
  observe(std::move(key), false);
}

std::string TaskEngine::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::string{} : found->second;
}

boost::asio::awaitable<Status> TaskEngine::set_metadata(std::string key, std::string value) {
  const Status saved = co_await write_in_time({.metadata = {{key, value}}, .durable = true});
  if (!saved) co_return fail("save " + key, saved.error());
  metadata_[key] = std::move(value);
  co_return Status{};
}

boost::asio::awaitable<Status> TaskEngine::set_identity(store::Identity identity) {
  const Status saved = co_await write_in_time({.identity = identity, .durable = true});
  if (!saved) co_return fail("save this host's identity", saved.error());
  identity_ = std::move(identity);
  co_return Status{};
}

}  // namespace longshore::engine
