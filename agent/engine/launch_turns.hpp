#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/base/ids.hpp"

namespace longshore::engine {

/// Turns to have a container created or started: `at_once` at a time, the others wait in order. A
/// call that the engine does not answer for kLaunchPatience (a volume whose server is away, say)
/// loses its turn: it goes on, but holds up nobody. As calls have their own deadlines, no more than
/// `at_once` × deadline / patience are on their way, however many hang. On the event loop.
class LaunchTurns {
 public:
  /// Held until its destruction, unless it was lost.
  using Turn = std::shared_ptr<std::optional<Gate::Pass>>;

  /// Far beyond what a busy engine takes for one, far below the calls' deadlines.
  static constexpr std::chrono::seconds kLaunchPatience{15};

  /// `clock` outlives all that runs on `executor`.
  LaunchTurns(boost::asio::any_io_executor executor, Clock& clock, std::size_t at_once);

  /// `task` and `container` are for the log.
  boost::asio::awaitable<Turn> take(TaskArn task, std::string container);

 private:
  boost::asio::any_io_executor executor_;
  Clock& clock_;
  Gate gate_;
};

}  // namespace longshore::engine
