#include "agent/core/stop_ladder.hpp"

namespace longshore::core {

StopMeans StopLadder::next(SteadyTime now, bool engine_answers) const {
  if (!engine_answers) {
    if (!asked_) return StopMeans::Ask;
    return is_grace_over(now) ? StopMeans::Kernel : StopMeans::Wait;
  }
  if (attempts_ == 0) {
    return signalled_ && is_grace_over(now) ? StopMeans::Kill : StopMeans::Signal;
  }
  // The engine is asked again now and then: what it holds back may be a paused container, which
  // only it can thaw.
  return attempts_ % 2 == 1 ? StopMeans::Kill : StopMeans::Kernel;
}

void StopLadder::tried(StopMeans means, StopOutcome outcome, SteadyTime now, bool engine_answers) {
  if (means == StopMeans::Ask) {
    asked_ = true;
    signalled_ = outcome == StopOutcome::Heard;
    // A signal on its way into an engine that hung was none that the process has got.
    grace_began_ = now;
    attempts_ = 0;
    return;
  }
  // An engine that is away for long is gone past; one that is away for a moment has sent no
  // signal, so the process still has its time.
  if (!engine_answers || means == StopMeans::Wait) return;
  if (outcome == StopOutcome::Heard || is_grace_over(now)) ++attempts_;
}

}  // namespace longshore::core
