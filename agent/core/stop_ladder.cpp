#include "agent/core/stop_ladder.hpp"

namespace longshore::core {

StopMeans stop_means(int attempt) {
  if (attempt == 0) return StopMeans::Signal;
  // The engine is asked again now and then: what it holds back may be a paused container, which
  // only it can thaw.
  return attempt % 2 == 1 ? StopMeans::Kill : StopMeans::Kernel;
}

}  // namespace longshore::core
