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

/// What becomes of containers with this cluster's labels whose task no record tells of.
enum class Strangers {
  TakeOver,    ///< They become tasks again: the record was lost.
  LeaveAlone,  ///< They are another agent's, which has the same cluster's name.
};

/// The daemon: builds every part from the settings, brings them up in order, and keeps them
/// running. On the event loop.
class Agent {
 public:
  Agent(boost::asio::any_io_executor executor, config::LoadedConfig loaded,
        Strangers strangers = Strangers::TakeOver);
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
