#pragma once

#include <string>
#include <string_view>

namespace longshore::aws {

/// SHA-256 of `data` as 64 lower-case hex digits.
std::string sha256_hex(std::string_view data);

/// HMAC-SHA-256 as 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view data);

}  // namespace longshore::aws
