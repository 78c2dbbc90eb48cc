// What the control plane hands over: payloads, role keys, manifests.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "agent/core/refusal.hpp"
#include "agent/engine/shared_volumes.hpp"
#include "agent/engine/task_engine.hpp"

namespace longshore::engine {
namespace {

namespace event = core::event;

/// For all of a payload together: its stops and the next payload wait for that.
constexpr std::chrono::seconds kVolumePatience{2};
constexpr std::size_t kSuffixBytes = 10;  // 20 hex digits at the end of a container's name.

core::TaskState make_state(core::TaskSpec spec) {
  std::vector<core::ContainerSeed> seeds;
  for (const auto& c : spec.containers) {
    seeds.push_back({.runtime_name = core::runtime_name(spec, c, random_hex(kSuffixBytes)),
                     .endpoint_id = random_uuid()});
  }
  std::vector<std::string> volume_names;
  for (const auto& v : spec.volumes) {
    volume_names.push_back(core::volume_name(spec, v, random_hex(kSuffixBytes)));
  }
  return core::make_task(std::move(spec), seeds, std::move(volume_names));
}

core::TaskChange refusal(TaskArn arn, std::string reason) {
  return {
      .task = std::move(arn), .status = core::ReportedStatus::Stopped, .reason = std::move(reason)};
}

}  // namespace

/// Records what a payload brought, so that it may be acknowledged, and then begins with it.
boost::asio::awaitable<Status> TaskEngine::take_over(Intake intake) {
  if (intake.fresh.empty() && intake.refusals.empty() && intake.stopped.empty()) {
    co_return Status{};
  }
  // Decided before it is recorded, so that no other save can come between the two and forget it.
  for (const TaskArn& arn : intake.stopped) post(arn, event::StopRequested{});
  Handover handover{.fresh = intake.fresh,
                    .stopped = std::move(intake.stopped),
                    .refusals = std::move(intake.refusals)};
  Status recorded = co_await saver_.record(std::move(handover));
  if (!recorded) {
    for (const core::TaskState& task : intake.fresh) keys_.drop(task.spec->arn);
    co_return fail("record the payload", std::move(recorded).error());
  }
  std::vector<TaskArn> arrived;
  for (core::TaskState& task : intake.fresh) {
    const TaskArn arn = task.spec->arn;
    arrived.push_back(arn);
    const bool has_keys = keys_.find(arn, control::RoleType::TaskExecution).has_value();
    log_info("task accepted", {{"task", task_id(arn)},
                               {"family", task.spec->family},
                               {"version", task.spec->version},
                               {"desired", task.stop_requested ? "STOPPED" : "RUNNING"}});
    line_up(task);
    tasks_.insert(std::move(task));
    if (has_keys) post(arn, event::ExecutionRoleReady{});
    post(arn, event::Accepted{});
  }
  admit_what_fits();
  for (const TaskArn& arn : arrived) {
    if (const auto why = waits_for(arn)) {
      log_info("task waits for room", {{"task", task_id(arn)}, {"cause", *why}});
    }
  }
  co_return Status{};
}

bool TaskEngine::can_report_more(const Intake& intake) const {
  return open_reports_.size() + intake.refusals.size() < settings_.max_open_reports;
}

/// Only for tasks that are here to stay: nothing would ever drop the keys of others.
void TaskEngine::put_keys(const control::PayloadTask& task) {
  const TaskArn& arn = task.spec.arn;
  if (task.task_role) keys_.put(arn, control::RoleType::TaskApplication, *task.task_role);
  if (task.execution_role) keys_.put(arn, control::RoleType::TaskExecution, *task.execution_role);
}

void TaskEngine::sort_in(control::PayloadTask task, Intake& intake) {
  const TaskArn arn = task.spec.arn;
  if (tasks_.find(arn) != nullptr) {
    put_keys(task);
    // Everything else of a task sent again is ignored: only its end can be asked for.
    if (task.execution_role) post(arn, event::ExecutionRoleReady{});
    if (task.stop) intake.stopped.push_back(arn);
    return;
  }
  const bool twice = std::any_of(intake.fresh.begin(), intake.fresh.end(),
                                 [&](const auto& t) { return t.spec->arn == arn; });
  if (twice) return;
  // While containers may be its own that are nobody's so far, it is not known to be new.
  if (may_be_lost(arn) || !can_report_more(intake)) {
    ++intake.put_off;
    return;
  }
  auto refused = task.stop ? std::nullopt : core::find_refusal(task.spec, settings_.task_limits);
  if (refused) {
    log_warn("task refused", {{"task", task_id(arn)}, {"cause", refused->cause}});
    intake.refusals.push_back(refusal(arn, std::move(refused->reason)));
    return;
  }
  put_keys(task);
  core::TaskState state = make_state(std::move(task.spec));
  state.stop_requested = task.stop;
  state.pull_upfront = settings_.pull_upfront;
  state.arrival = next_arrival_++;
  intake.fresh.push_back(std::move(state));
}

/// Refuses what cannot have its shared volumes: as the official agent does, before it is in any
/// queue. Of an engine that does not answer soon, a task's own turn is early enough to ask.
TaskEngine::Void TaskEngine::refuse_by_volumes(Intake* intake) {
  const SteadyTime deadline = clock_.steady_now() + kVolumePatience;
  std::vector<core::TaskState> kept;
  for (core::TaskState& task : intake->fresh) {
    std::optional<std::string> misfit;
    if (!task.stop_requested && can_report_more(*intake)) {
      misfit = co_await check_shared_volumes(&runtime_, &clock_, task.spec->volumes,
                                             settings_.match_shared_volumes, deadline);
    }
    if (!misfit) {
      kept.push_back(std::move(task));
      continue;
    }
    const TaskArn& arn = task.spec->arn;
    log_warn("task refused", {{"task", task_id(arn)}, {"cause", *misfit}});
    keys_.drop(arn);
    intake->refusals.push_back(refusal(arn, core::unready_resource(arn) + ": " + *misfit));
  }
  intake->fresh = std::move(kept);
}

boost::asio::awaitable<Status> TaskEngine::on_tasks(std::vector<control::PayloadTask> tasks,
                                                    std::vector<control::BadTask> bad_tasks) {
  // One payload after another: the same task may come again on a new connection while the first
  // save still waits for the disk.
  const auto pass = co_await intake_.enter();
  Intake intake;
  for (auto& bad : bad_tasks) {
    log_warn("task refused by what its payload says",
             {{"task", task_id(bad.arn)}, {"reason", bad.reason}});
    // One that runs here goes on: it was read once, and only its end is of interest now.
    if (bad.arn.empty() || tasks_.find(bad.arn) != nullptr) continue;
    if (!may_be_lost(bad.arn) && can_report_more(intake)) {
      intake.refusals.push_back(refusal(std::move(bad.arn), std::move(bad.reason)));
    } else {
      ++intake.put_off;
    }
  }
  // Stops first: a replacement may need the room that the old task leaves.
  for (const bool stops : {true, false}) {
    for (auto& task : tasks) {
      if (task.stop == stops) sort_in(std::move(task), intake);
    }
  }
  co_await refuse_by_volumes(&intake);
  const std::size_t put_off = intake.put_off;
  const Status taken = co_await take_over(std::move(intake));
  if (!taken || put_off == 0) co_return taken;
  if (looks_for_lost_tasks()) {
    co_return fail(ErrorCode::Unavailable,
                   "{} tasks are not taken before the container engine answers", put_off);
  }
  co_return fail(
      ErrorCode::Unavailable,
      "{} tasks are not taken: {} reports wait for the control plane, and {} is the most", put_off,
      open_reports_.size(), settings_.max_open_reports);
}

Status TaskEngine::on_credentials(TaskArn task, control::RoleType role,
                                  control::RoleCredentials credentials) {
  if (tasks_.find(task) == nullptr) {
    return fail(ErrorCode::NotFound, "credentials for a task that is not here: {}", task.str());
  }
  keys_.put(task, role, std::move(credentials));
  if (role == control::RoleType::TaskExecution) post(task, event::ExecutionRoleReady{});
  return {};
}

std::vector<TaskArn> TaskEngine::stop_candidates(
    const std::vector<control::ManifestTask>& manifest) {
  std::vector<TaskArn> candidates;
  for (const auto& [arn, task] : tasks_.all()) {
    const bool wanted =
        std::any_of(manifest.begin(), manifest.end(),
                    [&, &id = arn](const auto& m) { return m.running && m.arn == id; });
    if (!wanted && !task.stop_requested) candidates.push_back(arn);
  }
  return candidates;
}

void TaskEngine::on_stop_verified(std::vector<TaskArn> tasks) {
  for (const TaskArn& arn : tasks) {
    log_info("the control plane does not know this task: stopping it", {{"task", task_id(arn)}});
    post(arn, event::StopRequested{});
  }
}

boost::asio::awaitable<Status> TaskEngine::set_manifest_counter(std::int64_t value, bool durable) {
  value = std::max(manifest_counter_, value);
  if (durable) {
    const Status saved = co_await set_metadata(kManifestCounterKey, std::to_string(value));
    // Not raised then: the message comes again, and has to be taken for new.
    if (!saved) co_return saved;
  }
  manifest_counter_ = std::max(manifest_counter_, value);
  co_return Status{};
}

void TaskEngine::on_heartbeat() {
  if (heartbeat) heartbeat();
}

}  // namespace longshore::engine
