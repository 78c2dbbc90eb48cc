#include "agent/standalone/api_route.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "agent/standalone/ecr_token.hpp"

namespace longshore::standalone {
namespace {

using boost::asio::awaitable;
using net::HttpResponse;
using net::ServerRequest;
using nlohmann::json;

constexpr std::string_view kEcsTarget = "AmazonEC2ContainerServiceV20141113.";
constexpr std::string_view kEcrTarget = "AmazonEC2ContainerRegistry_V20150921.";
constexpr const char* kJson11 = "application/x-amz-json-1.1";

HttpResponse refusal(const ApiError& error) {
  auto response =
      json_response(error.status, {{"__type", error.code}, {"message", error.message}}, kJson11);
  response.headers.emplace_back("X-Amzn-ErrorType", error.code);
  return response;
}

/// Ends the connection without an answer: HttpServer takes a cancelled handler as such.
[[noreturn]] void cut_connection() {
  throw boost::system::system_error(boost::asio::error::operation_aborted);
}

ApiResult<json> call_ecr(ServerContext& context, const std::string& operation,
                         const json& request) {
  context.note("api", "in", operation, request);
  if (operation != "GetAuthorizationToken") {
    ApiError error{"UnknownOperationException", operation + ": only GetAuthorizationToken", 400};
    context.note("api", "out", operation, {{"__type", error.code}, {"message", error.message}});
    return refuse(std::move(error));
  }
  json answer = authorization_token(context.settings.ecr_user, context.ecr_password,
                                    context.settings.ecr_proxy_endpoint, context.clock.wall_now());
  context.note("api", "out", operation, answer);
  return answer;
}

struct Target {
  bool ecr = false;
  std::string operation{};
};

ApiResult<Target> parse_target(const ServerRequest& request) {
  const std::string_view target =
      net::find_header(request.headers, "X-Amz-Target").value_or(std::string_view{});
  for (const std::string_view prefix : {kEcsTarget, kEcrTarget}) {
    if (target.starts_with(prefix) && target.size() > prefix.size()) {
      return Target{prefix == kEcrTarget, truncate_utf8(target.substr(prefix.size()), 64)};
    }
  }
  return refuse({"UnknownOperationException",
                 "X-Amz-Target: expected AmazonEC2ContainerServiceV20141113.<Operation> or "
                 "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
                 400});
}

ApiResult<json> call_target(ServerContext& context, const Target& target, const json& request,
                            const std::string& origin) {
  return target.ecr ? call_ecr(context, target.operation, request)
                    : context.call(target.operation, request, origin);
}

/// Does what a fault says before the call; an answer here takes the call's place.
awaitable<std::optional<HttpResponse>> act_out(std::shared_ptr<ServerContext> context, Fault fault,
                                               Target target, json request, std::string origin) {
  context->note("api", "in", "fault:" + std::string(to_string(fault.action)),
                {{"type", target.operation}});
  switch (fault.action) {
    case Fault::Action::Drop:
      co_await context->clock.sleep_for(fault.delay);
      cut_connection();
    case Fault::Action::Reset:
      cut_connection();
    case Fault::Action::Close:
      (void)call_target(*context, target, request, origin);
      cut_connection();
    case Fault::Action::Delay:
      co_await context->clock.sleep_for(fault.delay);
      break;
    case Fault::Action::Duplicate:
      (void)call_target(*context, target, request, origin);
      break;
    case Fault::Action::Refuse:
      // Recorded like any other call: what was asked, and what came back.
      context->note("api", "in", target.operation, request);
      context->note("api", "out", target.operation,
                    {{"__type", fault.code}, {"message", "refused by a fault"}});
      co_return refusal({fault.code, "refused by a fault", fault.status});
  }
  co_return std::nullopt;
}

}  // namespace

HttpResponse json_response(int status, const json& body, const char* content_type) {
  return {.status = status, .headers = {{"Content-Type", content_type}}, .body = dump_json(body)};
}

std::string origin_of(const ServerContext& context, const ServerRequest& request) {
  const auto host = net::find_header(request.headers, "Host");
  return host && !host->empty() ? fmt::format("http://{}", *host) : context.origin();
}

awaitable<HttpResponse> serve_api(std::shared_ptr<ServerContext> context, ServerRequest request) {
  auto target = parse_target(request);
  if (!target) co_return refusal(target.error());
  auto body = parse_json(request.body.empty() ? std::string_view("{}") : request.body);
  if (!body) co_return refusal({"SerializationException", body.error().message, 400});
  if (!body->is_object()) {
    co_return refusal({"SerializationException", "request: expected an object", 400});
  }
  const std::string origin = origin_of(*context, request);
  if (auto fault = context->faults.take("api", target->operation)) {
    auto answer = co_await act_out(context, std::move(*fault), *target, *body, origin);
    if (answer) co_return std::move(*answer);
  }
  auto answer = call_target(*context, *target, *body, origin);
  if (!answer) co_return refusal(answer.error());
  co_return json_response(200, *answer, kJson11);
}

}  // namespace longshore::standalone
