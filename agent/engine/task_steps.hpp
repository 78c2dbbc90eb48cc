#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <map>
#include <memory>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/core/action.hpp"
#include "agent/engine/engine_links.hpp"
#include "agent/engine/engine_settings.hpp"
#include "agent/engine/port_picker.hpp"
#include "agent/engine/role_keys.hpp"
#include "agent/engine/task_table.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/resource_limiter.hpp"

namespace longshore::engine {

/// Carries out the core's actions: each is one coroutine over the runtime or the limiter, whose
/// outcome goes back as an event. Holds no state of tasks and decides nothing about them.
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

 private:
  using Void = boost::asio::awaitable<void>;

  void start(const core::action::CreateResources&, const TaskArn& task);
  void start(const core::action::Resolve& a, const TaskArn& task);
  void start(const core::action::Pull& a, const TaskArn& task);
  void start(const core::action::CancelPull& a, const TaskArn& task);
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
  Void resolve(ContainerKey key);
  Void pull(ContainerKey key);
  Void create(ContainerKey key);
  Void start_container(ContainerKey key);
  Void stop(ContainerKey key);
  Void recover(ContainerKey key);
  Void look(ContainerKey key, bool expect_exit);
  Void wait_start_timeout(ContainerKey key);
  Void wait_cleanup(TaskArn task);
  Void remove_containers(TaskArn task);
  Void remove_resources(TaskArn task);

  [[nodiscard]] const core::ContainerState* state_of(const ContainerKey& key) const;
  [[nodiscard]] const core::ContainerSpec* spec_of(const ContainerKey& key) const;
  [[nodiscard]] bool is_stopped(const ContainerKey& key) const;
  [[nodiscard]] ImageRequest image_request(const ContainerKey& key) const;
  void tell_running(const ContainerKey& key, const runtime::ContainerState& seen);
  void tell_seen(const ContainerKey& key, const runtime::ContainerState& seen);
  [[nodiscard]] core::Observation observation_of(const ContainerKey& key,
                                                 const runtime::ContainerState& seen) const;

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
  Gate launches_;
  std::map<ContainerKey, std::shared_ptr<boost::asio::cancellation_signal>> pulls_;
};

}  // namespace longshore::engine
