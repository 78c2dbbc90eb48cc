#include "agent/control/service_outcome.hpp"

#include "agent/base/text.hpp"

namespace longshore::control {

bool is_code(const aws::ServiceError& error, std::string_view code) {
  return to_lower(error.code) == to_lower(code);
}

Error to_submit_error(const aws::ServiceError& error) {
  Error result = error.error;
  if (is_code(error, "InvalidParameterException")) {
    result.code = ErrorCode::InvalidInput;
  } else if (result.code == ErrorCode::InvalidInput) {
    result.code = ErrorCode::Unavailable;
  }
  return result;
}

bool is_transient_registration_error(const aws::ServiceError& error) {
  return is_code(error, "ThrottlingException") || is_code(error, "ServerException") ||
         is_code(error, "LimitExceededException");
}

RegistrationFailure to_registration_failure(const aws::ServiceError& error, bool again) {
  const bool changed_type =
      again &&
      error.message.find("Container instance type changes are not supported.") != std::string::npos;
  const bool refused =
      is_code(error, "InvalidParameterException") || is_code(error, "ClientException");
  return {.kind = refused || changed_type ? RegistrationFailureKind::Terminal
                                          : RegistrationFailureKind::Restart,
          .error = error.error,
          .unreachable = error.unreachable};
}

}  // namespace longshore::control
