#pragma once

#include <optional>
#include <string>

#include "agent/base/result.hpp"

namespace longshore::config {

/// A settings file's contents; nullopt when there is no such file. Errors: InvalidInput (larger
/// than 1 MiB, not a regular file), PermissionDenied; the message names the file.
Result<std::optional<std::string>> read_text_file(const std::string& path);

}  // namespace longshore::config
