#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// What the engine still does after a container's end: it takes down its network. That and another
/// container's start get in each other's way when that one joins a network, too: on Docker 20.10
/// the two took 355 ms side by side and 230 ms one after the other. On the event loop.
class Teardown {
 public:
  /// From the engine's word of an end on. A teardown takes some 50 ms; a busy engine's may take
  /// longer, and is then let be.
  static constexpr std::chrono::milliseconds kPatience{150};

  Teardown(Clock& clock, runtime::ContainerRuntime& runtime) : clock_(clock), runtime_(runtime) {}

  /// The engine has told that this container has ended.
  void began(ContainerId id);
  /// Until the engine has done with the one that ended last, or kPatience has passed. It answers an
  /// inspect of a container only then, since it holds the container's lock meanwhile.
  boost::asio::awaitable<void> over();

 private:
  struct Last {
    ContainerId id{};
    SteadyTime limit{};
  };

  boost::asio::awaitable<void> ask(ContainerId id);

  Clock& clock_;
  runtime::ContainerRuntime& runtime_;
  std::optional<Last> last_{};
};

}  // namespace longshore::engine
