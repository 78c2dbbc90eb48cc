#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace longshore {

/// At most `max_bytes` bytes of UTF-8 text, cut at a code point boundary.
std::string truncate_utf8(std::string_view text, std::size_t max_bytes);
std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string to_lower(std::string_view text);
/// RFC 3986: everything but A-Z a-z 0-9 - . _ ~ becomes %XX; '/' stays when `keep_slash`.
std::string percent_encode(std::string_view text, bool keep_slash = false);
/// "%2F" to "/"; '+' to ' ' when `plus_is_space` (form encoding). Broken escapes stay as they are.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
/// Form encoding of one query value as Go's url.Values writes it: space is '+'.
std::string form_encode(std::string_view text);
/// For a terminal: control characters become '?'.
std::string printable(std::string_view text);
std::string to_hex(std::string_view bytes);
/// A random UUID, version 4, lower case.
std::string random_uuid();
/// `bytes` random bytes as lower-case hex (twice as many characters).
std::string random_hex(std::size_t bytes);
/// Uniform in [0, 1): for jitter, not for secrets.
double random_unit();

}  // namespace longshore
