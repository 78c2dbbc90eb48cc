#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/control/acs_handler.hpp"
#include "agent/core/admission_queue.hpp"
#include "agent/engine/engine_links.hpp"
#include "agent/engine/engine_settings.hpp"
#include "agent/engine/role_keys.hpp"
#include "agent/engine/state_saver.hpp"
#include "agent/engine/task_steps.hpp"
#include "agent/engine/task_table.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::engine {

/// Runs the core's decisions: feeds it events, saves what it decided, then acts. On the event loop.
///
/// The order is always: decide, save, act; the latter two are StateSaver's.
/// What the control plane hands over is taken in by task_intake.cpp.
class TaskEngine final : public control::AcsHandler {
 public:
  TaskEngine(boost::asio::any_io_executor executor, Clock& clock, store::StateStore& store,
             runtime::ContainerRuntime& runtime, runtime::ResourceLimiter& limiter,
             EngineSettings settings, EngineLinks links);

  /// Begins to save, and takes over what the last run left: tasks, unsent reports, metadata, and
  /// containers whose task is not known any more (task_rebuild.cpp), for which it waits until the
  /// container engine answers; with one that is known to be away it does not wait, and takes no new
  /// tasks until it is back. Call once, before start().
  boost::asio::awaitable<Status> load();
  /// Puts the loaded tasks back in motion.
  void start();
  /// Waits until everything decided so far is on disk, or `limit` has passed. For shutdown.
  boost::asio::awaitable<bool> drain(std::chrono::milliseconds limit);

  // control::AcsHandler
  boost::asio::awaitable<Status> on_tasks(std::vector<control::PayloadTask> tasks,
                                          std::vector<control::BadTask> bad_tasks) override;
  Status on_credentials(TaskArn task, control::RoleType role,
                        control::RoleCredentials credentials) override;
  std::vector<TaskArn> stop_candidates(const std::vector<control::ManifestTask>& manifest) override;
  void on_stop_verified(std::vector<TaskArn> tasks) override;
  std::int64_t manifest_counter() const override { return manifest_counter_; }
  boost::asio::awaitable<Status> set_manifest_counter(std::int64_t value, bool durable) override;
  void on_heartbeat() override;

  /// The reporter is done with these: taken by the control plane, or refused for good. Ends when
  /// that is on disk, or the disk takes nothing.
  boost::asio::awaitable<void> reports_finished(std::vector<store::ReportId> reports);

  /// Why the latest state is not on disk; empty when it is.
  [[nodiscard]] const std::string& save_error() const { return saver_.error(); }
  /// Whether containers whose task is not known may still turn out to be a task's.
  [[nodiscard]] bool looks_for_lost_tasks() const { return strangers_due_ || !stuck_.empty(); }
  [[nodiscard]] const TaskTable& tasks() const { return tasks_; }
  [[nodiscard]] const EngineSettings& settings() const { return settings_; }
  /// For people: why a task has not begun. nullopt when it does not wait for room.
  [[nodiscard]] std::optional<std::string> waits_for(const TaskArn& task) const {
    return admission_.waits_for(task);
  }
  /// Processes of a container that the kernel killed for memory; see EngineLinks.
  [[nodiscard]] std::optional<std::uint64_t> memory_kills(const ContainerId& id) const {
    return engine::memory_kills(links_, id);
  }
  /// Of a container's present run, as the kernel shows it.
  [[nodiscard]] MainProcess main_process(const ContainerKey& key) const;
  /// See TaskSteps.
  [[nodiscard]] bool hides_exit_code(const ContainerKey& key) const {
    return steps_.hides_exit_code(key);
  }
  void observe(ContainerKey key, bool expect_exit) { steps_.observe(std::move(key), expect_exit); }
  /// The engine says that a running container's process has ended.
  void died(ContainerKey key, core::Exit exit);
  /// The engine shows no such container any more.
  void vanished(ContainerKey key);
  /// The kernel shows processes of a task that is over.
  void kill_remains(const TaskArn& task) { steps_.kill_remains(task); }
  void health_changed(ContainerKey key, core::Health health);

  /// Which container instance this host is; nullopt before its first registration.
  [[nodiscard]] const std::optional<store::Identity>& identity() const { return saver_.identity(); }
  boost::asio::awaitable<Status> set_identity(store::Identity identity);
  /// Small facts that outlive the process (counters). Empty when never set.
  [[nodiscard]] std::string metadata(const std::string& key) const { return saver_.metadata(key); }
  boost::asio::awaitable<Status> set_metadata(std::string key, std::string value);

  std::function<void()> heartbeat{};  ///< Called on each ACS heartbeat.

 private:
  using Void = boost::asio::awaitable<void>;

  void post(TaskArn task, decltype(core::Event::what) what);
  void act(const TaskArn& task, core::Action action);
  Void run_flusher();
  Void run_admission();
  void line_up(const core::TaskState& task);
  void admit_what_fits();
  Void restore_groups();
  void tell_ended(const TaskArn& task, const std::vector<ContainerId>& alive);
  void report_lost_ends(const std::vector<store::StoredReport>& reports);
  /// Containers whose task is not known.
  struct Strangers {
    std::vector<runtime::ContainerState> seen{};
    std::set<TaskArn> stuck{};  ///< Whose containers the engine does not show; none is in `seen`.
  };
  boost::asio::awaitable<Result<runtime::ContainerState>> inspect_soon(ContainerId id);
  boost::asio::awaitable<Result<Strangers>> find_strangers();
  boost::asio::awaitable<Strangers> await_strangers();
  boost::asio::awaitable<std::vector<runtime::ContainerState>> without_copied(
      std::vector<runtime::ContainerState> strangers);
  Void take_over_strangers();
  Void take_over_strangers_late();
  Void adopt(Strangers strangers);
  void begin_arrived();
  void sent_to_reporter(store::ReportId id, core::TaskChange change);

  /// What one payload comes to.
  struct Intake {
    std::vector<core::TaskState> fresh{};      ///< Tasks not known before.
    std::vector<TaskArn> stopped{};            ///< Known tasks that shall end.
    std::vector<core::TaskChange> refusals{};  ///< Tasks that will never run.
    std::size_t put_off = 0;  ///< Tasks that the control plane has to hand over again.
  };
  [[nodiscard]] bool may_be_lost(const TaskArn& task) const {
    return strangers_due_ || stuck_.contains(task);
  }
  [[nodiscard]] bool can_report_more(const Intake& intake) const;
  void put_keys(const control::PayloadTask& task);
  void sort_in(control::PayloadTask task, Intake& intake);
  Void refuse_by_volumes(Intake* intake);
  boost::asio::awaitable<Status> take_over(Intake intake);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  store::StateStore& store_;
  runtime::ContainerRuntime& runtime_;
  EngineSettings settings_;
  EngineLinks links_;
  TaskTable tasks_;
  core::AdmissionQueue admission_;
  Signal waiting_;  ///< A task waits for room.
  std::uint64_t next_arrival_ = 1;
  std::vector<TaskArn> arrived_;  ///< Loaded and not resumed yet, in order of arrival.
  RoleKeys keys_;
  TaskSteps steps_;
  StateSaver saver_;
  Gate intake_{1};
  struct OpenReport {
    TaskArn task{};
    bool stopped = false;
  };
  std::map<store::ReportId, OpenReport> open_reports_;
  bool never_registered_ = false;  ///< When it loaded: no container that was there is its own.
  bool strangers_due_ = false;     ///< The engine has not told of them yet.
  std::set<TaskArn> stuck_{};      ///< Not known, since the engine is stuck over their containers.
  static constexpr const char* kManifestCounterKey = "task-manifest-seq-num";
  std::int64_t manifest_counter_ = 0;
  static constexpr const char* kBootKey = "boot-id";
};

}  // namespace longshore::engine
