#pragma once

#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::standalone {

/// Checks that an Authorization header has the form of SigV4 for service `service`:
/// "AWS4-HMAC-SHA256 Credential=<key>/<yyyymmdd>/<region>/<service>/aws4_request,
/// SignedHeaders=…, Signature=<64 hex>", with host and x-amz-date among the signed headers. The
/// signature itself cannot be checked: this server knows nobody's keys.
/// Errors: InvalidInput, naming the part that is wrong.
Status check_authorization(std::string_view authorization, std::string_view service);

}  // namespace longshore::standalone
