#pragma once

#include <string>

#include "agent/base/error.hpp"

namespace longshore::app {

/// What to tell a user whose `longshore tasks` got no answer at `socket_path`: what happened, and
/// what to do about it.
std::string why_no_tasks(const std::string& socket_path, const Error& error);

}  // namespace longshore::app
