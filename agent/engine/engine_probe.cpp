#include "agent/engine/engine_probe.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;

constexpr auto kInterval = 5s;
constexpr auto kAskAgain = 1s;  ///< After a miss.
/// One may be an engine that was busy for a moment; a ping takes 5 s before it counts as missed.
constexpr int kMissesUntilAway = 3;

}  // namespace

EngineProbe::EngineProbe(boost::asio::any_io_executor executor, Clock& clock,
                         runtime::ContainerRuntime& runtime,
                         std::function<void(const EngineAnswers&)> on_change)
    : executor_(std::move(executor)),
      clock_(clock),
      runtime_(runtime),
      on_change_(std::move(on_change)) {}

void EngineProbe::start() {
  answers_.last_answer = clock_.steady_now();
  spawn(executor_, "probe the engine", run());
}

void EngineProbe::start_away(std::string why) {
  misses_ = kMissesUntilAway;
  start();
  change(false, std::move(why));
}

boost::asio::awaitable<void> EngineProbe::run() {
  while (true) {
    const Status answered = co_await runtime_.ping();
    note(answered);
    co_await clock_.sleep_for(answered ? kInterval : kAskAgain);
  }
}

void EngineProbe::note(const Status& answered) {
  if (answered) {
    misses_ = 0;
    answers_.last_answer = clock_.steady_now();
    if (!answers_.now) change(true, {});
    return;
  }
  ++misses_;
  if (misses_ == kMissesUntilAway) change(false, answered.error().message);
}

void EngineProbe::change(bool now, std::string why_not) {
  answers_.now = now;
  if (now) {
    log_info("the container engine answers again");
    runtime_.breaker().close();
  } else {
    log_error(
        "the container engine does not answer: running tasks go on, stops reach their "
        "processes past it, launches wait",
        {{"error", why_not}});
    runtime_.breaker().open("the container engine does not answer: " + why_not);
  }
  answers_.why_not = std::move(why_not);
  on_change_(answers_);
}

}  // namespace longshore::engine
