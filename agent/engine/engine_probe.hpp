#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "agent/base/clock.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// What the probe found last.
struct EngineAnswers {
  bool now = true;
  std::string why_not{};
  SteadyTime last_answer{};  ///< The start, before the first.
};

/// Asks the container engine every 5 s whether it is there, apart from all other calls. After three
/// misses in a row, which take 22 s at most, it opens the runtime's breaker, so that nothing waits
/// for the engine any more; the first answer closes it. On the event loop.
class EngineProbe {
 public:
  EngineProbe(boost::asio::any_io_executor executor, Clock& clock,
              runtime::ContainerRuntime& runtime,
              std::function<void(const EngineAnswers&)> on_change);

  /// Call one of both, once.
  void start();
  /// Of an engine that has not answered so far: it is away until it does. Tells the change at once.
  void start_away(std::string why);
  [[nodiscard]] const EngineAnswers& answers() const { return answers_; }

 private:
  boost::asio::awaitable<void> run();
  void note(const Status& answered);
  void change(bool now, std::string why_not);

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  runtime::ContainerRuntime& runtime_;
  std::function<void(const EngineAnswers&)> on_change_;
  EngineAnswers answers_{};
  int misses_ = 0;
};

}  // namespace longshore::engine
