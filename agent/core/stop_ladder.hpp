#pragma once

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

/// How far the end of a process has come.
struct StopProgress {
  /// Attempts that the engine or the kernel have heard of and that did not end the process,
  /// whether their call failed or not.
  int attempts = 0;
  bool engine_answers = true;
  bool asked = false;       ///< The process has its signal, past the engine.
  bool grace_over = false;  ///< The container's stop timeout has passed since the stop began.
};

/// What to do next. Total.
StopMeans stop_means(const StopProgress& progress);

/// `attempts` after one that the engine has heard of or not. An engine that is away has sent no
/// signal, so the process still has its time to end.
int attempts_after(const StopProgress& progress, bool heard);

}  // namespace longshore::core
