#pragma once

#include <chrono>

#include "agent/base/clock.hpp"

namespace longshore::core {

/// How a container's process is asked to end.
enum class StopMeans {
  Signal,  ///< The image's stop signal, the container's stop timeout, then SIGKILL: the engine's
           ///< own.
  Kill,    ///< SIGKILL through the engine.
  Ask,     ///< The image's stop signal to the main process, past the engine.
  Wait,    ///< Nothing but another look.
  Kernel,  ///< SIGKILL to all of its cgroup, past the engine.
};

/// What became of an attempt that did not end the process.
enum class StopOutcome {
  Heard,    ///< Whoever was asked has done something, or said why not.
  Unheard,  ///< The engine was not there, or nobody knows the process.
};

/// The way down for one process, by ever harder means, until it is gone.
class StopLadder {
 public:
  /// `grace`: what the container is given between its signal and its kill.
  StopLadder(SteadyTime began, std::chrono::seconds grace) : grace_began_(began), grace_(grace) {}

  /// What to do next.
  [[nodiscard]] StopMeans next(SteadyTime now, bool engine_answers) const;
  /// That was done, and the process is still there. `engine_answers`: afterwards.
  void tried(StopMeans means, StopOutcome outcome, SteadyTime now, bool engine_answers);
  /// The moment at which the process has had its time; may be past.
  [[nodiscard]] SteadyTime grace_over_at() const { return grace_began_ + grace_; }

 private:
  [[nodiscard]] bool is_grace_over(SteadyTime now) const { return now >= grace_over_at(); }

  SteadyTime grace_began_;
  std::chrono::seconds grace_;
  int attempts_ = 0;        ///< Heard by the engine, or by the kernel while the engine answered.
  bool asked_ = false;      ///< Past the engine, whether the process was reached or not.
  bool signalled_ = false;  ///< Past the engine, and it was reached.
};

}  // namespace longshore::core
