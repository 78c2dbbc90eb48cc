#include "agent/aws/service_error.hpp"

#include <catch2/catch.hpp>

#include "agent/base/time_text.hpp"

using namespace longshore;
using namespace longshore::aws;
using namespace std::chrono_literals;

TEST_CASE("the error code comes from the header, then __type, then code", "[unit][aws]") {
  const auto code = [](net::Headers headers, std::string body) {
    return decode_service_error(
               {.status = 400, .headers = std::move(headers), .body = std::move(body)})
        .code;
  };
  CHECK(code({{"x-amzn-errortype", "FooException:http://x"}}, R"({"__type":"Bar"})") ==
        "FooException");
  CHECK(code({}, R"({"__type":"com.amazonaws.ecs#ClientException","code":"x"})") ==
        "ClientException");
  CHECK(code({}, R"({"code":"Throttling"})") == "Throttling");
  CHECK(code({}, "<html>").empty());
  CHECK(code({}, R"(["__type"])").empty());
  CHECK(code({}, R"({"__type":7,"code":"x"})") == "x");
}

TEST_CASE("an error reads as code, status and the service's words", "[unit][aws]") {
  const auto lower = decode_service_error(
      {.status = 400, .body = R"({"__type":"ClientException","message":"no"})"});
  CHECK(lower.error.message == "ClientException (HTTP 400): no");
  CHECK(lower.message == "no");
  CHECK(lower.status == 400);
  CHECK_FALSE(lower.retryable);
  CHECK(lower.error.code == ErrorCode::InvalidInput);
  CHECK(decode_service_error({.status = 400, .body = R"({"Message":"no"})"}).error.message ==
        "error without a code (HTTP 400): no");
  CHECK(decode_service_error({.status = 400, .body = ""}).error.message ==
        "error without a code (HTTP 400)");
  const auto long_winded = decode_service_error(
      {.status = 400, .body = R"({"message":")" + std::string(5000, 'x') + R"("})"});
  CHECK(long_winded.message.size() == 1024);
}

TEST_CASE("what may pass is retried: four statuses and the throttling codes", "[unit][aws]") {
  const auto retryable = [](int status, std::string code) {
    return decode_service_error(
               {.status = status, .headers = {{"X-Amzn-ErrorType", std::move(code)}}})
        .retryable;
  };
  for (const int status : {500, 502, 503, 504}) CHECK(retryable(status, "ServerException"));
  for (const int status : {400, 403, 404, 501}) CHECK_FALSE(retryable(status, "ClientException"));
  CHECK(retryable(400, "ThrottlingException"));
  CHECK(retryable(400, "throttlingexception"));
  CHECK(retryable(429, "TooManyRequestsException"));
  CHECK(from_transport_error({ErrorCode::Timeout, "x"}).retryable);
  CHECK(from_transport_error({ErrorCode::Unavailable, "x"}).retryable);
  CHECK_FALSE(from_transport_error({ErrorCode::InvalidInput, "x"}).retryable);
  CHECK(from_transport_error({ErrorCode::Unavailable, "x"}, true).unreachable);
  CHECK_FALSE(from_transport_error({ErrorCode::Unavailable, "x"}, false).unreachable);
}

TEST_CASE("an error's kind says what the caller can do", "[unit][aws]") {
  const auto kind = [](int status, std::string code) {
    return decode_service_error(
               {.status = status, .headers = {{"X-Amzn-ErrorType", std::move(code)}}})
        .error.code;
  };
  CHECK(kind(400, "AccessDeniedException") == ErrorCode::PermissionDenied);
  CHECK(kind(400, "ExpiredTokenException") == ErrorCode::PermissionDenied);
  CHECK(kind(400, "UnrecognizedClientException") == ErrorCode::PermissionDenied);
  CHECK(kind(403, "") == ErrorCode::PermissionDenied);
  CHECK(kind(403, "RequestTimeTooSkewed") == ErrorCode::PermissionDenied);
  CHECK(kind(400, "ClusterNotFoundException") == ErrorCode::NotFound);
  CHECK(kind(400, "UpdateConflictException") == ErrorCode::Conflict);
  CHECK(kind(400, "Throttling") == ErrorCode::Unavailable);
  CHECK(kind(500, "ServerException") == ErrorCode::Unavailable);
  CHECK(kind(400, "InvalidParameterException") == ErrorCode::InvalidInput);
}

TEST_CASE("the service's time is read from its Date header", "[unit][aws]") {
  const auto at = [](std::string date) {
    return server_time({.headers = {{"date", std::move(date)}}});
  };
  CHECK(at("Sat, 21 Nov 2026 11:30:04 GMT") == parse_rfc3339("2026-11-21T11:30:04Z"));
  CHECK_FALSE(at("2026-11-21T11:30:04Z"));
  CHECK_FALSE(at("Sat, 21 Foo 2026 11:30:04 GMT"));
  CHECK_FALSE(server_time({}));
}

TEST_CASE("waits double with the attempts, up to twenty seconds", "[unit][aws]") {
  CHECK(retry_delay(1, 0.0) == 0ms);
  CHECK(retry_delay(1, 0.5) == 1s);
  CHECK(retry_delay(2, 0.5) == 2s);
  CHECK(retry_delay(4, 0.999) < 16s);
  CHECK(retry_delay(5, 0.0) == 20s);
  CHECK(retry_delay(1000, 0.5) == 20s);
}
