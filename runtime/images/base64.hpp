#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::runtime::images {

/// Standard base64 (RFC 4648, section 4), with or without its padding. Errors: InvalidInput.
/// The error never quotes the text, which is a credential here.
Result<std::string> decode_base64(std::string_view text);

}  // namespace longshore::runtime::images
