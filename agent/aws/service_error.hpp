#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"
#include "agent/base/error.hpp"
#include "agent/net/http.hpp"

namespace longshore::aws {

/// Why an AWS call failed.
struct ServiceError {
  Error error{};          ///< "ClientException (HTTP 400): Cluster not found."
  std::string code{};     ///< As the service names it ("ClientException"); empty without an answer.
  std::string message{};  ///< The service's own words; empty without an answer.
  int status = 0;         ///< HTTP status; 0 without an answer.
  bool retryable = false;  ///< The same request may succeed later.
  /// The service was not even reached: name, connection or proxy failed.
  bool unreachable = false;
};

/// Reads a failed answer (any status but 2xx). The code is X-Amzn-ErrorType, else the body's
/// `__type`, else its `code`, between the last '#' and the first ':'.
/// Source: aws-sdk-go-v2, JSON 1.1 protocol.
ServiceError decode_service_error(const net::HttpResponse& response);

/// A call that got no answer, or was not even sent. Unavailable and Timeout are worth repeating.
ServiceError from_transport_error(Error error, bool unreachable = false);

/// Codes that are throttling or passing trouble at the service, in any case.
/// Source: aws-sdk-go-v2:aws/retry/standard.go.
bool is_retryable_code(std::string_view code);

/// Codes that say our clock is wrong ("RequestTimeTooSkewed").
bool is_clock_skew_code(std::string_view code);

/// Codes of a signature that did not match, which a wrong clock causes too.
bool is_signature_code(std::string_view code);

/// The answer's Date header ("Sat, 21 Nov 2026 11:30:04 GMT"); nullopt when absent or unreadable.
std::optional<WallTime> server_time(const net::HttpResponse& response);

/// How long to wait before the next attempt, after `attempts_made` (from 1) of them:
/// random[0,1) x 2^attempts_made seconds, exactly 20 s once attempts_made > 4.
std::chrono::milliseconds retry_delay(int attempts_made, double random);

}  // namespace longshore::aws
