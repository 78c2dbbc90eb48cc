#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/engine/orphans.hpp"
#include "agent/engine/task_engine.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// Keeps the engine's picture true: follows the runtime's events and the kernel's word of ended
/// processes, and compares with the list of containers at start, after every break of the stream
/// and every 30 s. Events are hints; the list is the truth. On the event loop.
class Reconciler {
 public:
  Reconciler(boost::asio::any_io_executor executor, Clock& clock,
             runtime::ContainerRuntime& runtime, runtime::ResourceLimiter& limiter,
             TaskEngine& engine);
  void start();
  /// Compares at once: for an engine that was away.
  void compare_soon() { comparison_due_.set(); }
  /// When all tasks were last compared with what the engine shows; the start, before the first.
  [[nodiscard]] SteadyTime compared_at() const { return compared_at_; }
  /// The kernel has seen a container's main process end.
  void process_ended(const ContainerId& id);

 private:
  boost::asio::awaitable<void> run_watch();
  boost::asio::awaitable<void> run_comparison();
  boost::asio::awaitable<void> run_timer();
  boost::asio::awaitable<void> compare();
  boost::asio::awaitable<void> run_look_at_groups();
  boost::asio::awaitable<void> look_at_groups();
  void compare_one(const ContainerKey& key, const runtime::ContainerState& shown);
  void notice(const ContainerKey& key, const runtime::ContainerState& shown);
  boost::asio::awaitable<void> wait_for_word(ContainerId id);
  [[nodiscard]] core::Phase phase_of(const ContainerKey& key) const;
  [[nodiscard]] bool has_health_check(const ContainerKey& key) const;
  void on_event(const runtime::RuntimeEvent& event);
  void on_death(const ContainerKey& key, const runtime::RuntimeEvent& event);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  runtime::ContainerRuntime& runtime_;
  runtime::ResourceLimiter& limiter_;
  TaskEngine& engine_;
  Signal comparison_due_;
  SteadyTime compared_at_{};
  bool told_strange_ = false;  ///< That there are groups of nobody.
  std::int64_t last_event_nano_ = 0;
  OrphanKeeper orphans_;
  std::map<ContainerId, std::string> noticed_;  ///< What was last said about a container.
};

}  // namespace longshore::engine
