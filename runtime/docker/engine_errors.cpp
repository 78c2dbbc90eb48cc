#include "runtime/docker/engine_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "runtime/docker/engine_messages.hpp"

namespace longshore::runtime::docker {
namespace {

constexpr int kServerError = 500;

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
      return ErrorCode::InvalidInput;
    case 401:
    case 403:
      return ErrorCode::PermissionDenied;
    case 404:
      return ErrorCode::NotFound;
    case 409:
      return ErrorCode::Conflict;
    case 503:
      return ErrorCode::Unavailable;
    default:
      return ErrorCode::Internal;
  }
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

std::string engine_said(int status, std::string_view text) {
  // An answer without a reason still has its status.
  return text.empty() ? fmt::format("Error response from daemon: HTTP status {}", status)
                      : fmt::format("Error response from daemon: {}", text);
}

}  // namespace

Error to_error(int status, std::string_view body) {
  const std::string text = parse_error_text(body);
  // containerd is away, as while one of the two starts again or goes down: nothing was refused.
  const bool is_away = status == kServerError && text.ends_with(": unavailable");
  return {is_away ? ErrorCode::Unavailable : code_of(status), engine_said(status, text)};
}

Error engine_failure(std::string text) {
  return {code_of(kServerError), engine_said(kServerError, text)};
}

Error to_start_error(int status, std::string_view body) {
  Error error = to_error(status, body);
  if (error.code == ErrorCode::NotFound && !has_any(error.message, {"No such container"})) {
    error.code = ErrorCode::InvalidInput;
  }
  return error;
}

Error to_registry_error(int status, std::string_view body) {
  const std::string text = parse_error_text(body);
  const ErrorCode by_status = code_of(status);
  return {by_status == ErrorCode::Internal ? registry_error_code(text) : by_status,
          engine_said(status, text)};
}

ErrorCode registry_error_code(std::string_view text) {
  if (has_any(text, {"unauthorized", "no basic auth credentials", "is denied",
                     "denied:", "authorization token has expired"})) {
    return ErrorCode::PermissionDenied;
  }
  if (has_any(text, {"manifest unknown", "name unknown", "repository name not known"})) {
    return ErrorCode::NotFound;
  }
  return ErrorCode::Unavailable;
}

}  // namespace longshore::runtime::docker
