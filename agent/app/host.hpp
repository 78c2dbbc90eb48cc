#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.hpp"
#include "agent/control/registration.hpp"
#include "config/config.hpp"

namespace longshore::app {

/// What this host offers, less what the settings reserve. Errors: InvalidInput (more memory
/// reserved than there is), Unavailable (/proc/meminfo).
Result<control::HostResources> host_resources(const config::Config& config);

/// "x86_64", "arm64", or the kernel's own word for other machines, as ECS names architectures.
std::string cpu_architecture();

/// A whole small file of /proc. Errors: Unavailable.
Result<std::string> read_proc_file(const std::string& path);

}  // namespace longshore::app
