#pragma once

#include <string>
#include <string_view>

namespace longshore {

/// What the caller can do about a failure. The message says what happened.
enum class ErrorCode {
  InvalidInput,      ///< The other side's or the user's data is wrong; repeating cannot help.
  NotFound,          ///< The thing asked for does not exist.
  Conflict,          ///< The thing exists or is busy.
  PermissionDenied,  ///< Refused; someone has to change a permission or a credential.
  Unavailable,       ///< Not reachable or not able now; repeating may help.
  Timeout,           ///< A deadline passed; whether it happened is unknown.
  Internal,          ///< Our bug, or something no one foresaw.
};

/// The code's name as logs show it.
std::string_view to_string(ErrorCode code);

/// A failure that the outside world can cause. `message` reads outside-in:
/// "start container web: Docker: 409 conflict: name in use".
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message{};
  friend bool operator==(const Error&, const Error&) = default;
};

/// The same error with `what` and ": " in front of its message.
Error with_context(std::string_view what, Error error);

}  // namespace longshore
