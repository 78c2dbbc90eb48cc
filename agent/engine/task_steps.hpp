#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/core/action.hpp"
#include "agent/core/stop_ladder.hpp"
#include "agent/engine/engine_links.hpp"
#include "agent/engine/engine_settings.hpp"
#include "agent/engine/launch_turns.hpp"
#include "agent/engine/port_picker.hpp"
#include "agent/engine/role_keys.hpp"
#include "agent/engine/task_table.hpp"
#include "agent/engine/teardown.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/resource_limiter.hpp"

namespace longshore::engine {

/// Carries out the core's actions: each is one coroutine over the runtime or the limiter, whose
/// outcome goes back as an event. Holds no state of tasks and decides nothing about them.
/// A container's way to its creation is in task_steps.cpp, its start in task_start.cpp, its end in
/// task_stop.cpp, what a task has besides its containers in task_resources.cpp, and what comes
/// after its end in task_cleanup.cpp.
class TaskSteps {
 public:
  using Post = std::function<void(TaskArn, decltype(core::Event::what))>;

  TaskSteps(boost::asio::any_io_executor executor, Clock& clock, runtime::ContainerRuntime& runtime,
            runtime::ResourceLimiter& limiter, const EngineSettings& settings,
            const EngineLinks& links, const TaskTable& tasks, const RoleKeys& keys, Post post);

  /// Starts the action's coroutine.
  void run(TaskArn task, core::Action action);
  /// Looks at a container and posts Observed or Vanished. `expect_exit`: the engine said it died,
  /// so an answer that still shows it alive is asked for again, a few times.
  void observe(ContainerKey key, bool expect_exit);
  /// Makes the task's cgroup with its limits, if tasks have one. Safe to repeat. Errors: as of
  /// ResourceLimiter::create.
  boost::asio::awaitable<Status> create_cgroup(TaskArn task);
  /// Kills what lives in the groups of an ended task's containers.
  void kill_remains(const TaskArn& task);
  /// The engine shows no such container any more. Posts Vanished once nothing of it lives.
  void vanished(ContainerKey key);
  /// The engine's event has told that a container has ended.
  void teardown_began(const ContainerKey& key);
  /// Whether the engine's events tell a label in place of this container's exit code.
  [[nodiscard]] bool hides_exit_code(const ContainerKey& key) const {
    return hidden_exit_codes_.contains(key);
  }

 private:
  using Void = boost::asio::awaitable<void>;

  void start(const core::action::CreateResources&, const TaskArn& task);
  void start(const core::action::Resolve& a, const TaskArn& task);
  void start(const core::action::Pull& a, const TaskArn& task);
  void start(const core::action::CancelPull& a, const TaskArn& task);
  void start(const core::action::CancelStart& a, const TaskArn& task);
  void start(const core::action::Create& a, const TaskArn& task);
  void start(const core::action::Start& a, const TaskArn& task);
  void start(const core::action::Stop& a, const TaskArn& task);
  void start(const core::action::Recover& a, const TaskArn& task);
  void start(const core::action::ArmStartTimeout& a, const TaskArn& task);
  void start(const core::action::Report&, const TaskArn&) {}  // The saver's, not ours.
  void start(const core::action::ArmCleanup&, const TaskArn& task);
  void start(const core::action::RemoveContainers&, const TaskArn& task);
  void start(const core::action::RemoveResources&, const TaskArn& task);
  void start(const core::action::Forget&, const TaskArn&) {}  // The engine's, not ours.

  Void create_resources(TaskArn task);
  boost::asio::awaitable<core::event::ResourcesReady> create_volumes(TaskArn task);
  boost::asio::awaitable<Result<std::optional<std::string>>> create_volume(core::Volume volume,
                                                                           std::string name);
  Void resolve(ContainerKey key);
  Void pull(ContainerKey key);
  boost::asio::awaitable<LaunchTurns::Turn> take_turn(const ContainerKey& key);
  Void create(ContainerKey key);
  Void remove_latecomer(TaskArn task, ContainerId id, std::vector<std::string> volumes);
  boost::asio::awaitable<LaunchTurns::Turn> take_good_turn(ContainerKey key);
  boost::asio::awaitable<std::optional<LaunchTurns::Turn>> take_turn_to_start(ContainerKey key);
  Void start_container(ContainerKey key);
  boost::asio::awaitable<bool> engine_came_back(ContainerKey key);
  boost::asio::awaitable<Status> start_heard(ContainerKey key, ContainerId id, SteadyTime end);
  Void stop(ContainerKey key);
  boost::asio::awaitable<Status> stop_once(ContainerKey key, ContainerId id, core::StopMeans means);
  [[nodiscard]] std::chrono::seconds grace_of(const ContainerKey& key) const;
  /// What the engine has to say of a process that shall end.
  enum class Word { Gone, Lives, None };
  boost::asio::awaitable<Word> engine_shows_gone(ContainerKey key, ContainerId id);
  Void end_remains(ContainerKey key);
  Void clear_remains(ContainerKey key);
  Void kill_groups(TaskArn task);
  [[nodiscard]] bool kernel_suffices(const ContainerKey& key) const;
  boost::asio::awaitable<bool> kernel_shows_gone(ContainerKey key, ContainerId id, bool lived,
                                                 std::optional<Status> killed);
  [[nodiscard]] std::chrono::milliseconds pause_before_look(const core::StopLadder& ladder,
                                                            std::chrono::milliseconds pause) const;
  Void recover(ContainerKey key);
  Void look(ContainerKey key, bool expect_exit);
  [[nodiscard]] bool is_cause_open(const ContainerKey& key,
                                   const runtime::ContainerState& seen) const;
  [[nodiscard]] std::chrono::milliseconds time_since(std::optional<WallTime> then) const;
  Void wait_start_timeout(ContainerKey key);
  Void wait_cleanup(TaskArn task);
  boost::asio::awaitable<bool> remove_containers_once(TaskArn task);
  Void remove_containers(TaskArn task);
  Void remove_resources(TaskArn task);
  /// The names of those volumes that go with the task.
  static std::vector<std::string> own_volumes(const core::TaskState& task);
  /// `volumes`, then the task's cgroup.
  boost::asio::awaitable<Status> remove_resources_once(TaskArn task,
                                                       std::vector<std::string> volumes);
  boost::asio::awaitable<std::vector<std::string>> image_environment(ContainerKey key,
                                                                     std::string image,
                                                                     SteadyTime end);

  [[nodiscard]] const core::ContainerState* state_of(const ContainerKey& key) const;
  [[nodiscard]] const core::ContainerSpec* spec_of(const ContainerKey& key) const;
  [[nodiscard]] bool is_stopped(const ContainerKey& key) const;
  [[nodiscard]] bool is_at(const ContainerKey& key, core::Phase phase) const;
  /// Whether somebody still wants to see it run.
  [[nodiscard]] bool is_wanted(const ContainerKey& key) const;
  [[nodiscard]] bool is_wanted(const TaskArn& task) const;
  /// Whether what it had is removed, or being removed: nobody looks for what is made now.
  [[nodiscard]] bool is_cleaned_up(const TaskArn& task) const;
  [[nodiscard]] ImageRequest image_request(const ContainerKey& key) const;
  /// Here and below, `run` is the container's restart_count when it was asked for.
  void tell_running(const ContainerKey& key, const runtime::ContainerState& seen, int run);
  void tell_seen(const ContainerKey& key, const runtime::ContainerState& seen, int run);
  core::Observation observation_of(const ContainerKey& key, const runtime::ContainerState& seen,
                                   int run);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  runtime::ContainerRuntime& runtime_;
  runtime::ResourceLimiter& limiter_;
  const EngineSettings& settings_;
  const EngineLinks& links_;
  const TaskTable& tasks_;
  const RoleKeys& keys_;
  Post post_;
  PortPicker ports_;
  LaunchTurns turns_;
  Teardown teardown_;
  std::map<ContainerKey, std::shared_ptr<boost::asio::cancellation_signal>> pulls_;
  std::map<ContainerKey, std::vector<std::string>> image_environments_;  ///< Pulled, not created.
  std::map<ContainerKey, std::shared_ptr<Signal>>
      waiting_starts_;                        ///< For their turn; set to end it.
  std::set<ContainerKey> hidden_exit_codes_;  ///< ContainerState::hides_exit_code.
  std::set<ContainerKey> stopping_;  ///< Each with one coroutine that goes on until it is gone.
  std::set<ContainerKey> clearing_;  ///< The same, of those that the engine has lost.
};

}  // namespace longshore::engine
