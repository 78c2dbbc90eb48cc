// An AWS service's refusal. Parts: HTTP status, headers, body.
#include "agent/aws/service_error.hpp"

#include <charconv>

#include "agent/base/text.hpp"
#include "agent/base/time_text.hpp"
#include "agent/control/service_outcome.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

net::HttpResponse to_response(std::string_view input) {
  const auto all = parts(input, 3);
  net::HttpResponse response{.body = std::string(all[2])};
  std::from_chars(all[0].data(), all[0].data() + all[0].size(), response.status);
  for (const std::string_view line : split(all[1], '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    response.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return response;
}

}  // namespace

void run(std::string_view input) {
  const net::HttpResponse response = to_response(input);
  const aws::ServiceError error = aws::decode_service_error(response);
  constexpr std::size_t kMaxMessageBytes = 1024;
  require(error.message.size() <= kMaxMessageBytes, "a service's words are bounded");
  require(contains(error.error.message, std::to_string(response.status)),
          "an error tells the HTTP status");
  require(!error.retryable || error.error.code == ErrorCode::Unavailable ||
              error.error.code == ErrorCode::PermissionDenied,
          "what may succeed later is not the request's fault");

  const Error submit = control::to_submit_error(error);
  require((submit.code == ErrorCode::InvalidInput) ==
              control::is_code(error, "InvalidParameterException"),
          "only InvalidParameterException ends a report for good");
  for (const bool again : {false, true}) {
    require(control::to_registration_failure(error, again).error == error.error,
            "a failed registration says why");
  }
  // The host's clock is corrected by it.
  if (const auto time = aws::server_time(response)) {
    require(parse_rfc3339(to_rfc3339(*time)) == *time, "a service's time is a time");
  }
}

}  // namespace longshore::fuzz
