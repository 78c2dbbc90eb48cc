#pragma once

#include <string>
#include <string_view>

#include "agent/aws/credentials.hpp"
#include "agent/base/result.hpp"

namespace longshore::aws {

/// Picks one profile's keys out of a credentials file: INI with `aws_access_key_id`,
/// `aws_secret_access_key` and `aws_session_token` (names in any case). Lines that start with '#'
/// or ';' are comments, as is what follows " #" or " ;"; a profile named twice is merged, the later
/// value winning. Errors: NotFound (no such profile, or which of its keys is missing).
/// Never quotes the file's contents.
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
Result<Credentials> parse_profile(std::string_view text, std::string_view profile);

/// parse_profile over a file of at most 1 MiB. Errors: also NotFound (no such file),
/// PermissionDenied, InvalidInput (too large, not a file). Reads at once, without leaving the loop:
/// the file is small, local and read about once a minute.
Result<Credentials> read_profile(const std::string& path, std::string_view profile);

}  // namespace longshore::aws
