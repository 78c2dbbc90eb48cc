#include "agent/base/error.hpp"

namespace longshore {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return "invalid input";
    case ErrorCode::NotFound:
      return "not found";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::PermissionDenied:
      return "permission denied";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::Timeout:
      return "timeout";
    case ErrorCode::Internal:
      return "internal error";
  }
  return "internal error";
}

Error with_context(std::string_view what, Error error) {
  error.message = std::string(what) + ": " + error.message;
  return error;
}

}  // namespace longshore
