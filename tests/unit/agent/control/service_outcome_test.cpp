#include "agent/control/service_outcome.hpp"

#include <catch2/catch.hpp>
#include <utility>

namespace longshore::control {
namespace {

aws::ServiceError service_error(std::string code, std::string message = "") {
  return {.error = {ErrorCode::InvalidInput, code},
          .code = std::move(code),
          .message = std::move(message),
          .status = 400};
}

RegistrationFailureKind kind(const aws::ServiceError& error, bool again = false) {
  return to_registration_failure(error, again).kind;
}

}  // namespace

TEST_CASE("only InvalidParameterException makes a report hopeless", "[unit][control]") {
  CHECK(to_submit_error(service_error("InvalidParameterException")).code ==
        ErrorCode::InvalidInput);
  CHECK(to_submit_error(service_error("invalidparameterexception")).code ==
        ErrorCode::InvalidInput);
  for (const char* code : {"ClientException", "AccessDeniedException", "ServerException", ""}) {
    CHECK(to_submit_error(service_error(code)).code != ErrorCode::InvalidInput);
  }
}

TEST_CASE("registration waits out throttling, limits and the service's trouble",
          "[unit][control]") {
  for (const char* code : {"ThrottlingException", "ServerException", "LimitExceededException"}) {
    CHECK(is_transient_registration_error(service_error(code)));
  }
  for (const char* code : {"ClientException", "AccessDeniedException", "InternalFailure", ""}) {
    CHECK_FALSE(is_transient_registration_error(service_error(code)));
  }
}

TEST_CASE("a refused registration is final, everything else is worth a restart",
          "[unit][control]") {
  CHECK(kind(service_error("InvalidParameterException")) == RegistrationFailureKind::Terminal);
  CHECK(kind(service_error("ClientException")) == RegistrationFailureKind::Terminal);
  for (const char* code : {"AccessDeniedException", "ExpiredTokenException", "ServerException",
                           "ClusterNotFoundException", ""}) {
    CHECK(kind(service_error(code)) == RegistrationFailureKind::Restart);
  }
}

TEST_CASE(
    "a service that was not reached may be any moment, one that failed after that is in trouble",
    "[unit][control]") {
  for (const bool unreachable : {true, false}) {
    const auto silent = aws::from_transport_error({ErrorCode::Timeout, "nobody"}, unreachable);
    CHECK(to_registration_failure(silent, true).unreachable == unreachable);
    CHECK(to_registration_failure(silent, true).kind == RegistrationFailureKind::Restart);
  }
  CHECK_FALSE(to_registration_failure(service_error("ServerException"), true).unreachable);
}

TEST_CASE("a host that changed its type may not take its old identity", "[unit][control]") {
  const auto error =
      service_error("OtherException", "x Container instance type changes are not supported. y");
  CHECK(kind(error, true) == RegistrationFailureKind::Terminal);
  CHECK(kind(error, false) == RegistrationFailureKind::Restart);
}

}  // namespace longshore::control
