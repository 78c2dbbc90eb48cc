#include "agent/engine/task_engine.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
namespace event = core::event;

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
             }),
      saver_(executor, clock, store, tasks_,
             {.act = [this](const TaskArn& task,
                            core::Action action) { act(task, std::move(action)); },
              .report_saved =
                  [this](store::ReportId id, core::TaskChange change) {
                    sent_to_reporter(id, std::move(change));
                  }}) {}

boost::asio::awaitable<Status> TaskEngine::load() {
  auto contents = co_await store_.load();
  if (!contents) co_return fail("load state", std::move(contents).error());
  never_registered_ = !contents->identity;
  // There from the start, so that the saver has a fact to try a full disk with.
  contents->metadata.try_emplace(kManifestCounterKey, "0");
  saver_.start(std::move(contents->metadata), std::move(contents->identity));
  const std::string counter = metadata(kManifestCounterKey);
  std::from_chars(counter.data(), counter.data() + counter.size(), manifest_counter_);
  // Waiting tasks line up again in the order in which they came.
  std::sort(contents->tasks.begin(), contents->tasks.end(),
            [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
  for (auto& task : contents->tasks) {
    next_arrival_ = std::max(next_arrival_, task.arrival + 1);
    task.pull_upfront = settings_.pull_upfront;
    arrived_.push_back(task.spec->arn);
    tasks_.insert(std::move(task));
  }
  report_lost_ends(contents->reports);
  for (auto& report : contents->reports) sent_to_reporter(report.id, std::move(report.change));
  co_await restore_groups();
  if (settings_.take_over_strangers) co_await take_over_strangers();
  co_return Status{};
}

/// A host that was started again has lost its tasks' cgroups. For the first container that starts
/// in one, the engine would make it anew, without limits.
TaskEngine::Void TaskEngine::restore_groups() {
  if (!settings_.task_limits || settings_.boot_id.empty()) co_return;
  if (metadata(kBootKey) == settings_.boot_id) co_return;
  bool all_made = true;
  for (const TaskArn& arn : arrived_) {
    const auto has_resources = [&] {
      const core::TaskState* task = tasks_.find(arn);  // Its last report may be taken meanwhile.
      return task != nullptr && core::has_resources(*task);
    };
    if (!has_resources() || co_await steps_.create_cgroup(arn) || !has_resources()) continue;
    // It is tried, and its failure told, as it was at first.
    tasks_.insert(core::without_resources(*tasks_.find(arn)));
    all_made = false;
  }
  if (!all_made) co_return;
  const Status saved = co_await set_metadata(kBootKey, settings_.boot_id);
  if (!saved)
    log_warn("cannot remember this start of the host", {{"error", saved.error().message}});
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
  if (looks_for_lost_tasks()) spawn(executor_, "look for lost tasks", take_over_strangers_late());
  spawn(executor_, "flush reports", run_flusher());
  spawn(executor_, "admission", run_admission());
}

void TaskEngine::begin_arrived() {
  // Some come to their end by being resumed: those take no part of the host.
  for (const TaskArn& arn : arrived_) tasks_.resume(arn, clock_.wall_now());
  for (const TaskArn& arn : std::exchange(arrived_, {})) {
    // One whose last report was taken meanwhile may be cleaned up by now.
    if (const core::TaskState* task = tasks_.find(arn)) line_up(*task);
  }
  admit_what_fits();
  saver_.wake();
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
  if (tasks_.has_unsaved()) saver_.wake();
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

TaskEngine::Void TaskEngine::run_flusher() {
  while (true) {
    const auto jitter = settings_.flush_jitter * random_unit();
    co_await clock_.sleep_for(settings_.flush_wait +
                              std::chrono::duration_cast<std::chrono::milliseconds>(jitter));
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
  std::vector<store::ReportId> known;
  for (const store::ReportId id : reports) {
    const auto open = open_reports_.extract(id);
    if (open.empty()) continue;
    known.push_back(id);
    if (open.mapped().stopped) post(open.mapped().task, event::StopAccepted{});
  }
  co_await saver_.finish(std::move(known));
}

boost::asio::awaitable<bool> TaskEngine::drain(std::chrono::milliseconds limit) {
  const SteadyTime deadline = clock_.steady_now() + limit;
  while (!saver_.is_idle()) {
    if (clock_.steady_now() >= deadline) co_return false;
    co_await clock_.sleep_for(5ms);
  }
  co_return true;
}

void TaskEngine::died(ContainerKey key, core::Exit exit) {
  steps_.teardown_began(key);
  post(key.task, event::Observed{key.container, {.has_run = true, .exit = std::move(exit)}});
}

MainProcess TaskEngine::main_process(const ContainerKey& key) const {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) return MainProcess::Unknown;
  const core::ContainerState& container = task->containers[key.container];
  return engine::main_process(links_, container.runtime_id, container.restart_count);
}

void TaskEngine::vanished(ContainerKey key) { steps_.vanished(std::move(key)); }

void TaskEngine::health_changed(ContainerKey key, core::Health health) {
  const core::TaskState* task = tasks_.find(key.task);
  if (task == nullptr) return;
  if (links_.health_changed) {
    links_.health_changed(task->containers[key.container].runtime_id, health, clock_.wall_now());
  }
  observe(std::move(key), false);
}

boost::asio::awaitable<Status> TaskEngine::set_metadata(std::string key, std::string value) {
  Handover facts{.metadata = {{key, std::move(value)}}};
  const Status saved = co_await saver_.record(std::move(facts));
  if (!saved) co_return fail("save " + key, saved.error());
  co_return Status{};
}

boost::asio::awaitable<Status> TaskEngine::set_identity(store::Identity identity) {
  Handover facts{.identity = std::move(identity)};
  const Status saved = co_await saver_.record(std::move(facts));
  if (!saved) co_return fail("save this host's identity", saved.error());
  co_return Status{};
}

}  // namespace longshore::engine
