#include "agent/standalone/upgrade_route.hpp"

#include <map>

#include "agent/base/text.hpp"
#include "agent/standalone/acs_session.hpp"
#include "agent/standalone/api_route.hpp"
#include "agent/standalone/signature_format.hpp"
#include "agent/standalone/tcs_session.hpp"

namespace longshore::standalone {
namespace {

using net::HttpResponse;
using net::ServerRequest;
using nlohmann::json;
using Query = std::map<std::string, std::string>;

Query parse_query(std::string_view target) {
  Query query;
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return query;
  for (const std::string_view part : split(target.substr(mark + 1), '&')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    // Agents write a space as '+'.
    query[percent_decode(part.substr(0, equals), true)] =
        percent_decode(part.substr(equals + 1), true);
  }
  return query;
}

bool is_acs(const Query& query) { return query.contains("containerInstanceArn"); }

std::string instance_of(Query query) {
  return is_acs(query) ? query["containerInstanceArn"] : query["containerInstance"];
}

ApiError exception(const char* type, std::string message) {
  return {type, std::move(message), 400};
}

std::optional<ApiError> find_objection(ServerContext& context, const ServerRequest& request,
                                       Query query) {
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  if (path != "/ws") return exception("BadRequestException", "the path is /ws");
  const auto authorization = net::find_header(request.headers, "Authorization");
  if (!authorization) return exception("AccessDeniedException", "no Authorization header");
  if (auto checked = check_authorization(*authorization, "ecs"); !checked) {
    return exception("AccessDeniedException", checked.error().message);
  }
  if (!net::find_header(request.headers, "X-Amz-Date")) {
    return exception("AccessDeniedException", "no X-Amz-Date header");
  }
  const char* const required_by_acs[] = {"agentHash",       "agentVersion",    "clusterArn",
                                         "protocolVersion", "sendCredentials", "seqNum"};
  const char* const required_by_tcs[] = {"agentHash", "agentVersion", "cluster"};
  const std::span<const char* const> required =
      is_acs(query) ? std::span<const char* const>(required_by_acs) : required_by_tcs;
  for (const char* name : required) {
    if (query[name].empty()) {
      return exception("BadRequestException", std::string("query: no ") + name);
    }
  }
  if (!find_cluster(context.state, query[is_acs(query) ? "clusterArn" : "cluster"])) {
    return exception("InvalidClusterException", "Cluster not found.");
  }
  const auto instance = context.state.instances.find(instance_of(query));
  if (instance == context.state.instances.end()) {
    return exception("InvalidInstanceException",
                     "The container instance is not known; register it first.");
  }
  if (instance->second.status == ContainerInstance::Status::Inactive) {
    return exception("InactiveInstanceException", "The container instance was deregistered.");
  }
  return std::nullopt;
}

}  // namespace

std::optional<HttpResponse> check_upgrade(ServerContext& context, const ServerRequest& request) {
  const Query query = parse_query(request.target);
  const char* const channel = is_acs(query) ? "acs" : "tcs";
  auto objection = find_objection(context, request, query);
  if (!objection) {
    const auto fault = context.faults.take(channel, "connect");
    if (!fault) return std::nullopt;
    objection = ApiError{fault->code, "refused by a fault", fault->status};
  }
  context.note(channel, "in", "refused",
               {{"type", objection->code}, {"message", objection->message}});
  return json_response(objection->status,
                       {{"type", objection->code}, {"message", {{"message", objection->message}}}});
}

boost::asio::awaitable<void> serve_upgrade(std::shared_ptr<ServerContext> context,
                                           ServerRequest request,
                                           std::unique_ptr<net::Websocket> socket) {
  Query query = parse_query(request.target);
  if (!is_acs(query)) co_return co_await serve_tcs(context, instance_of(query), std::move(socket));
  constexpr std::string_view kPrefix = "DockerVersion: ";
  std::string docker = query["dockerVersion"];
  if (docker.starts_with(kPrefix)) docker.erase(0, kPrefix.size());
  AcsQuery acs{.instance_arn = instance_of(query),
               .agent_version = query["agentVersion"],
               .agent_hash = query["agentHash"],
               .docker_version = std::move(docker),
               .protocol_version = query["protocolVersion"] == "2" ? 2 : 1,
               .send_credentials = query["sendCredentials"] == "true",
               .origin = origin_of(*context, request)};
  co_await serve_acs(context, std::move(acs), std::move(socket));
}

}  // namespace longshore::standalone
