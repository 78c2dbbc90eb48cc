#include "agent/net/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "agent/base/text.hpp"

namespace longshore::net {
namespace {

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

bool is_target(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

bool frames_message(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "content-length" || lower == "connection" || lower == "transfer-encoding";
}

}  // namespace

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kForbidden("\r\n\0", 3);
  return is_token(name) && value.find_first_of(kForbidden) == std::string_view::npos;
}

Result<std::string> request_head(const HttpRequest& request, std::string_view target,
                                 std::string_view default_host) {
  if (!is_token(request.method)) {
    return fail(ErrorCode::InvalidInput, "HTTP method \"{}\": expected a word", request.method);
  }
  if (!is_target(target)) {
    return fail(ErrorCode::InvalidInput,
                "HTTP target: expected a path and query without spaces or control characters");
  }
  fmt::memory_buffer head;
  auto out = std::back_inserter(head);
  fmt::format_to(out, "{} {} HTTP/1.1\r\n", request.method, target);
  if (!find_header(request.headers, "Host")) fmt::format_to(out, "Host: {}\r\n", default_host);
  for (const auto& [name, value] : request.headers) {
    if (!is_header(name, value)) {
      return fail(ErrorCode::InvalidInput, "HTTP header \"{}\": a line break or NUL is not allowed",
                  is_token(name) ? name : "?");
    }
    fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  const bool wants_length =
      !request.body.empty() || (request.method != "GET" && request.method != "HEAD");
  if (wants_length && !find_header(request.headers, "Content-Length")) {
    fmt::format_to(out, "Content-Length: {}\r\n", request.body.size());
  }
  fmt::format_to(out, "\r\n");
  return fmt::to_string(head);
}

std::string response_head(const HttpResponse& response, std::size_t body_bytes, bool keep_alive) {
  fmt::memory_buffer head;
  auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  for (const auto& [name, value] : response.headers) {
    if (is_header(name, value) && !frames_message(name)) {
      fmt::format_to(out, "{}: {}\r\n", name, value);
    }
  }
  if (may_have_body(response.status)) fmt::format_to(out, "Content-Length: {}\r\n", body_bytes);
  fmt::format_to(out, "Connection: {}\r\n\r\n", keep_alive ? "keep-alive" : "close");
  return fmt::to_string(head);
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace longshore::net
