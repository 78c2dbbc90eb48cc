#pragma once

namespace longshore::app {

/// What the process ends with, as the official agent's supervisors read it.
/// Source: amazon-ecs-agent:agent/sighandlers/exitcodes.
inline constexpr int kExitOk = 0;
inline constexpr int kExitRestart = 1;   ///< Try again after a while.
inline constexpr int kExitUsage = 2;     ///< The command line makes no sense.
inline constexpr int kExitTerminal = 5;  ///< Restarting cannot help: someone has to mend something.

inline constexpr int kExitInterrupted = 130;  ///< 128 + SIGINT: stopped before anything ran.

}  // namespace longshore::app
