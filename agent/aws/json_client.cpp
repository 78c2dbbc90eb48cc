#include "agent/aws/json_client.hpp"

#include <utility>

#include "agent/aws/sigv4.hpp"
#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"

namespace longshore::aws {
namespace {

using boost::asio::awaitable;
using Answer = tl::expected<nlohmann::json, ServiceError>;

/// A signature is good for five minutes either way; below this, the clock is not what failed it.
constexpr std::chrono::minutes kSkewTolerance{4};

Answer read_answer(const net::HttpResponse& response) {
  if (response.body.empty()) return nlohmann::json::object();
  auto parsed = parse_json(response.body);
  if (parsed && parsed->is_object()) return std::move(*parsed);
  const std::string what = parsed ? "expected an object" : parsed.error().message;
  return tl::make_unexpected(ServiceError{
      .error = {ErrorCode::Unavailable, "unreadable answer: " + what}, .status = response.status});
}

net::HttpRequest to_request(const JsonCall& call, const JsonCallOptions& options,
                            std::string body) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = call.endpoint_url;
  if (request.url.find('/', request.url.find("://") + 3) == std::string::npos) request.url += '/';
  request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", call.target_prefix + "." + call.operation},
                     {"User-Agent", options.user_agent}};
  request.body = std::move(body);
  request.timeout = options.timeout;
  request.connect_timeout = options.connect_timeout;
  request.verify_tls = options.verify_tls;
  return request;
}

}  // namespace

awaitable<Answer> JsonClient::call(JsonCall call, JsonCallOptions options) {
  const std::string body = dump_json(call.body);
  for (int made = 1;; ++made) {
    Answer answer = co_await attempt(call, options, body);
    if (answer) co_return answer;
    if (!answer.error().retryable || made >= options.attempts) {
      answer.error().error = with_context(call.operation, std::move(answer.error().error));
      co_return answer;
    }
    co_await clock_.sleep_for(retry_delay(made, random_()));
  }
}

awaitable<Answer> JsonClient::attempt(JsonCall call, JsonCallOptions options, std::string body) {
  net::HttpRequest request = to_request(call, options, std::move(body));
  const auto signature = sign(
      {.method = request.method,
       .url = request.url,
       .headers = request.headers,
       .body = request.body},
      call.credentials, {.region = call.region, .service = call.service, .time = service_now()});
  if (!signature) co_return tl::make_unexpected(from_transport_error(signature.error()));
  for (const auto& header : signature->headers) request.headers.push_back(header);

  const auto response = co_await http_.call(std::move(request));
  if (!response) {
    const net::HttpsFailure& failure = response.error();
    co_return tl::make_unexpected(from_transport_error(failure.error, failure.unreachable));
  }
  if (response->status >= 200 && response->status < 300) co_return read_answer(*response);
  ServiceError error = decode_service_error(*response);
  if (correct_clock(*response, error)) error.retryable = true;
  co_return tl::make_unexpected(std::move(error));
}

bool JsonClient::correct_clock(const net::HttpResponse& response, const ServiceError& error) {
  const bool blames_clock = is_clock_skew_code(error.code);
  if (!blames_clock && !is_signature_code(error.code)) return false;
  const auto theirs = server_time(response);
  if (!theirs) return false;
  const auto skew = *theirs - service_now();
  if (!blames_clock && std::chrono::abs(skew) < kSkewTolerance) return false;
  clock_offset_ += skew;
  log_warn("this host's clock is off; requests are signed with the service's time",
           {{"offset_s", std::chrono::duration_cast<std::chrono::seconds>(clock_offset_).count()}});
  return true;
}

}  // namespace longshore::aws
