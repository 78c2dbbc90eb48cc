#include "agent/core/stop_ladder.hpp"

namespace longshore::core {

StopMeans stop_means(const StopProgress& progress) {
  if (!progress.engine_answers) {
    if (!progress.asked) return StopMeans::Ask;
    return progress.grace_over ? StopMeans::Kernel : StopMeans::Wait;
  }
  if (progress.attempts == 0) {
    // It has had its signal and its time, while the engine was away.
    return progress.asked && progress.grace_over ? StopMeans::Kill : StopMeans::Signal;
  }
  // The engine is asked again now and then: what it holds back may be a paused container, which
  // only it can thaw.
  return progress.attempts % 2 == 1 ? StopMeans::Kill : StopMeans::Kernel;
}

int attempts_after(const StopProgress& progress, bool heard) {
  return heard || progress.grace_over ? progress.attempts + 1 : progress.attempts;
}

}  // namespace longshore::core
