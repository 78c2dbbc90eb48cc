#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/engine/reconciler.hpp"
#include "agent/engine/task_engine.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_limiter.hpp"
#include "tests/support/fake_runtime.hpp"
#include "tests/support/fake_store.hpp"

namespace longshore::testing {

/// A host with an agent on it. The engine's containers, the disk and the time stay when the agent
/// restarts; its memory and everything on its way go.
class Host {
 public:
  struct Sent {
    store::ReportId id = 0;
    core::TaskChange change{};
  };

  Host();
  /// Another process takes over from disk. Nothing of the one before runs on.
  void restart();
  /// The agent is dead; the host goes on.
  void kill() { agent_.reset(); }

  /// What an agent on this host has besides its engine.
  engine::EngineLinks links();
  engine::TaskEngine& engine() { return *agent_->engine; }
  engine::Reconciler& reconciler() { return *agent_->reconciler; }
  boost::asio::io_context& io() { return agent_->io; }
  void poll() { clock.advance(agent_->io, {}); }
  void advance(FakeClock::Duration by) { clock.advance(agent_->io, by); }

  /// The task of core_builders under an ARN that ends in `id`.
  static control::PayloadTask payload(const std::string& id,
                                      std::vector<core::ContainerSpec> containers);
  static control::PayloadTask stop_of(const std::string& id);
  static TaskArn arn(const std::string& id);
  /// Hands over a payload and lets everything happen that follows at once.
  Status accept(std::vector<control::PayloadTask> tasks,
                std::vector<control::BadTask> bad_tasks = {});

  const core::ContainerState& container(const std::string& task, std::size_t index = 0);
  /// nullptr when the engine has no such container.
  const runtime::ContainerState* on_engine(const std::string& task, std::size_t index = 0);
  void end_process(const std::string& task, int code, std::size_t index = 0);
  /// "id STATUS[ container:STATUS[=code]]…" of every report sent since the last call.
  std::vector<std::string> news();
  /// The control plane takes this report of `sent`, once the loop runs.
  void finish_report(std::size_t index);
  /// The control plane takes every report sent so far.
  void finish_reports();

  FakeClock clock{};
  FakeRuntime runtime{};
  FakeLimiter limiter{};
  FakeStore store{};
  engine::EngineSettings settings{
      .cluster = "test", .region = "us-west-2", .host = {.cpu_units = 4096, .memory_mib = 4096}};
  std::vector<Sent> sent{};
  engine::ImageResolution resolution{.digest = "sha256:resolved"};  ///< Of every image.
  std::vector<engine::ImageRequest> resolved{};
  std::vector<engine::ImageRequest> pulled{};
  std::vector<ContainerId> ended{};                     ///< Told to those who measure containers.
  std::vector<engine::RunningContainer> running{};      ///< The same, in order.
  std::map<ContainerId, std::uint64_t> memory_kills{};  ///< What the kernel counts.
  std::map<ContainerId, engine::MainProcess> main_processes{};  ///< What it shows; else Unknown.
  std::map<ContainerId, int> exit_codes{};                      ///< What it tells of ended ones.
  std::function<void(store::ReportId)> on_report{};             ///< Called for each that is sent.
  std::vector<ContainerId> asked_to_end{};                      ///< Past the engine.

 private:
  struct Agent {
    boost::asio::io_context io{};
    std::unique_ptr<engine::TaskEngine> engine{};
    std::unique_ptr<engine::Reconciler> reconciler{};
  };

  std::unique_ptr<Agent> agent_{};
  std::size_t told_ = 0;
  std::size_t finished_ = 0;
};

/// A host with task "one" of one container running, its first reports read.
struct RunningTask : Host {
  RunningTask();
  ContainerId id{};  ///< The container's.
};

}  // namespace longshore::testing
