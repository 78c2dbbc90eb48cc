#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/net/http.hpp"

namespace longshore::net {

/// Request line and headers, up to and with the empty line, as HTTP/1.1 sends them. Host and
/// Content-Length are added unless given.
/// Errors: InvalidInput when method, target or a header holds a character that would end it.
Result<std::string> request_head(const HttpRequest& request, std::string_view target,
                                 std::string_view default_host);

/// Status line and headers of an answer whose body has `body_bytes`. A handler's own
/// Content-Length and Connection are replaced; headers that would break the message are left out.
std::string response_head(const HttpResponse& response, std::size_t body_bytes, bool keep_alive);

/// Whether an answer with this status carries a body (RFC 9110 §15: not 1xx, 204, 304).
bool may_have_body(int status);

/// Whether text is fit for a header name and value (RFC 9110 §5.5: no CR, LF or NUL).
bool is_header(std::string_view name, std::string_view value);

/// "Not Found" for 404; "Status" for codes without a name.
std::string_view reason_phrase(int status);

}  // namespace longshore::net
