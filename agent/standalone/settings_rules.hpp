#pragma once

#include <string_view>

#include "agent/base/result.hpp"
#include "agent/base/secret.hpp"
#include "agent/standalone/standalone_settings.hpp"

namespace longshore::standalone {

/// Errors: InvalidInput, naming the flag and what it takes.
Status check_settings(const StandaloneSettings& settings);

/// 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view address);

/// The first line of `path`; the stand-in password when `path` is empty.
/// Errors: NotFound or PermissionDenied (the file), InvalidInput (its first line is empty).
Result<Secret> read_ecr_password(const std::string& path);

}  // namespace longshore::standalone
