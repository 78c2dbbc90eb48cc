#pragma once

#include "config/load.hpp"

namespace longshore::app {

/// What every command needs that runs an agent, before its first connection: each measured
/// container keeps a few files open, a peer that hangs up must not end the process, and a name
/// server that is back must be asked again soon.
void prepare_process();

/// The log as the settings want it. A file that cannot be opened is no reason to leave the host
/// without an agent: the log goes to standard error alone then, and begins with why.
void begin_log(const config::Config& config);

/// What libcurl and the websockets take from the process and not from the settings: the proxies,
/// which an ecs.config may hold. Before the first thread, since it changes the environment.
void export_proxies(const config::Environment& environment);

}  // namespace longshore::app
