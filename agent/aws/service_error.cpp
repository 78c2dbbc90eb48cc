#include "agent/aws/service_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <span>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"

namespace longshore::aws {
namespace {

constexpr std::size_t kMaxMessageBytes = 1024;

constexpr std::array<std::string_view, 16> kRetryable{"bandwidthlimitexceeded",
                                                      "ec2throttledexception",
                                                      "limitexceededexception",
                                                      "priorrequestnotcomplete",
                                                      "provisionedthroughputexceededexception",
                                                      "requestlimitexceeded",
                                                      "requestthrottled",
                                                      "requestthrottledexception",
                                                      "requesttimeout",
                                                      "requesttimeoutexception",
                                                      "slowdown",
                                                      "throttledexception",
                                                      "throttling",
                                                      "throttlingexception",
                                                      "toomanyrequestsexception",
                                                      "transactioninprogressexception"};
constexpr std::array<std::string_view, 3> kClockSkew{"requestexpired", "requestinthefuture",
                                                     "requesttimetooskewed"};
constexpr std::array<std::string_view, 3> kSignature{"authfailure", "invalidsignatureexception",
                                                     "signaturedoesnotmatch"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool contains(std::span<const std::string_view> codes, std::string_view code) {
  const std::string lower = to_lower(code);
  return std::find(codes.begin(), codes.end(), lower) != codes.end();
}

std::string bare_code(std::string_view text) {
  text = text.substr(0, text.find(':'));
  if (const auto hash = text.rfind('#'); hash != std::string_view::npos) {
    text.remove_prefix(hash + 1);
  }
  return std::string(trim(text));
}

std::string text_member(const nlohmann::json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

ErrorCode classify(std::string_view code, int status, bool retryable) {
  const std::string lower = to_lower(code);
  const auto says = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
  if (says("accessdenied") || says("unrecognizedclient") || says("expiredtoken") ||
      says("missingauthentication") || says("invalidclienttoken") || contains(kSignature, code) ||
      contains(kClockSkew, code) || status == 401 || status == 403) {
    return ErrorCode::PermissionDenied;
  }
  if (retryable || status >= 500) return ErrorCode::Unavailable;
  if (lower.ends_with("notfoundexception") || status == 404) return ErrorCode::NotFound;
  if (lower.ends_with("conflictexception") || status == 409) return ErrorCode::Conflict;
  return ErrorCode::InvalidInput;
}

}  // namespace

ServiceError decode_service_error(const net::HttpResponse& response) {
  ServiceError result{.status = response.status};
  auto body = parse_json(response.body);
  if (!body || !body->is_object()) body = nlohmann::json::object();
  for (const std::string& code :
       {std::string(net::find_header(response.headers, "X-Amzn-ErrorType").value_or("")),
        text_member(*body, "__type"), text_member(*body, "code")}) {
    if (result.code.empty()) result.code = bare_code(code);
  }
  result.message = text_member(*body, "message");
  if (result.message.empty()) result.message = text_member(*body, "Message");
  result.message = truncate_utf8(result.message, kMaxMessageBytes);

  constexpr std::array<int, 4> kRetryableStatus{500, 502, 503, 504};
  result.retryable = is_retryable_code(result.code) ||
                     std::find(kRetryableStatus.begin(), kRetryableStatus.end(), response.status) !=
                         kRetryableStatus.end();
  result.error.code = classify(result.code, response.status, result.retryable);
  result.error.message =
      fmt::format("{} (HTTP {}){}{}", result.code.empty() ? "error without a code" : result.code,
                  response.status, result.message.empty() ? "" : ": ", result.message);
  return result;
}

ServiceError from_transport_error(Error error, bool unreachable) {
  const bool retryable = error.code == ErrorCode::Unavailable || error.code == ErrorCode::Timeout;
  return {.error = std::move(error), .retryable = retryable, .unreachable = unreachable};
}

bool is_retryable_code(std::string_view code) { return contains(kRetryable, code); }
bool is_clock_skew_code(std::string_view code) { return contains(kClockSkew, code); }
bool is_signature_code(std::string_view code) { return contains(kSignature, code); }

std::optional<WallTime> server_time(const net::HttpResponse& response) {
  const std::string text(net::find_header(response.headers, "Date").value_or(""));
  std::tm t{};
  std::array<char, 4> month{};
  if (std::sscanf(text.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &t.tm_mday, month.data(),
                  &t.tm_year, &t.tm_hour, &t.tm_min, &t.tm_sec) != 6) {
    return std::nullopt;
  }
  const auto found = std::find(kMonths.begin(), kMonths.end(), std::string_view(month.data()));
  if (found == kMonths.end() || t.tm_year < 1970) return std::nullopt;
  t.tm_mon = static_cast<int>(found - kMonths.begin());
  t.tm_year -= 1900;
  return WallTime{std::chrono::seconds{timegm(&t)}};
}

std::chrono::milliseconds retry_delay(int attempts_made, double random) {
  constexpr std::chrono::milliseconds kCap{20'000};
  if (attempts_made > 4) return kCap;
  const auto millis = static_cast<std::int64_t>(random * std::exp2(attempts_made) * 1000.0);
  return std::min(kCap, std::chrono::milliseconds{millis});
}

}  // namespace longshore::aws
