#pragma once

namespace longshore::core {

/// How a container's process is asked to end.
enum class StopMeans {
  Signal,  ///< The image's stop signal, the container's stop timeout, then SIGKILL: the engine's
           ///< own.
  Kill,    ///< SIGKILL through the engine.
  Kernel,  ///< SIGKILL to all of its cgroup, past the engine.
};

/// Means for the attempt with this number, counted from 0. An attempt follows when the one before
/// did not end the process, whether its call failed or not.
StopMeans stop_means(int attempt);

}  // namespace longshore::core
