#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "agent/base/clock.hpp"
#include "agent/engine/task_engine.hpp"
#include "config/load.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::app {

/// What an agent is for.
enum class Purpose {
  Host,  ///< All of a host's tasks. Containers of its cluster whose record is lost become tasks
         ///< again.
  /// One task before somebody's eyes: each change is told at once, and other containers of the same
  /// cluster are another agent's.
  OneTask,
};

/// The daemon: builds every part from the settings, brings them up in order, and keeps them
/// running. On the event loop.
class Agent {
 public:
  Agent(boost::asio::any_io_executor executor, config::LoadedConfig loaded,
        Purpose purpose = Purpose::Host);
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// Comes up, and returns only when it cannot: with the exit status to end with, after having
  /// logged why. Else it runs until the loop is stopped.
  boost::asio::awaitable<int> run();
  /// Everything decided is on disk when it returns, or 3 s have passed. Containers run on.
  boost::asio::awaitable<void> save_all();

  [[nodiscard]] runtime::ContainerRuntime& runtime();
  /// Null until the stored state has been taken over.
  [[nodiscard]] const engine::TaskEngine* engine() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace longshore::app
