#include "agent/standalone/test_routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "agent/standalone/api_route.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/views.hpp"

namespace longshore::standalone {
namespace {

using net::HttpResponse;
using net::ServerRequest;
using nlohmann::json;

HttpResponse mistake(int status, const std::string& message) {
  return json_response(status, {{"error", message}});
}

HttpResponse done() { return json_response(200, json::object()); }

/// No other machine can come from the very address that is listened on. A page in a browser of this
/// one can, under a name made to resolve to that address, so it has to be named itself.
bool is_from_this_machine(const ServerContext& context, const ServerRequest& request) {
  if (context.loopback) return true;
  const auto host = net::find_header(request.headers, "Host").value_or("");
  return request.peer_address == context.settings.listen_address &&
         "http://" + std::string(host) == context.origin();
}

HttpResponse get_record(ServerContext& context, const ServerRequest& request, const json&) {
  std::uint64_t since = 0;
  constexpr std::string_view kSince = "?since=";
  const std::string_view target = request.target;
  const auto at = target.find(kSince);
  if (at != std::string_view::npos) {
    const std::string_view digits = target.substr(at + kSince.size());
    const char* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, since);
    if (error != std::errc() || rest != end) return mistake(400, "since: expected a number");
  }
  return json_response(200, context.recorder.since(since));
}

/// The agent meant by `containerInstance`; without it the connected one, or the only one.
AgentLink* find_agent(ServerContext& context, const json& body) {
  const std::string wanted = text_of(body, "containerInstance");
  AgentLink* latest = nullptr;
  std::size_t count = 0;
  for (const auto& [arn, instance] : context.state.instances) {
    if (instance.status == ContainerInstance::Status::Inactive) continue;
    AgentLink& link = context.link(arn);
    if (arn == wanted || (wanted.empty() && !link.acs.expired())) return &link;
    latest = &link;
    ++count;
  }
  return wanted.empty() && count == 1 ? latest : nullptr;
}

HttpResponse post_payload(ServerContext& context, const ServerRequest&, const json& body) {
  static constexpr Shape kTask = open_object_shape({});
  static constexpr Shape kTasks = list_shape(kTask, 0, 1000);
  static constexpr Member kMembers[] = {{"tasks", &kTasks, true}, {"containerInstance", &kName}};
  if (auto wrong = find_mistake(object_shape(kMembers), body)) return mistake(400, *wrong);
  AgentLink* agent = find_agent(context, body);
  if (agent == nullptr) return mistake(409, "no agent has registered, or several have");
  note_raw_tasks(context.state, body["tasks"]);
  const std::string message_id = agent->outbox.add_raw_tasks(context.state, body["tasks"]);
  if (auto session = agent->acs.lock()) session->flush();
  return json_response(200, {{"messageId", message_id}});
}

HttpResponse post_acs(ServerContext& context, const ServerRequest&, const json& body) {
  if (!body.is_object()) return mistake(400, "request: expected an object");
  AgentLink* agent = find_agent(context, json::object());
  const auto session = agent == nullptr ? nullptr : agent->acs.lock();
  if (!session) return mistake(409, "no agent is connected");
  if (const json* message = find_member(body, "message"); message && message->is_object()) {
    if (const json* tasks = find_member(*message, "tasks")) note_raw_tasks(context.state, *tasks);
  }
  session->send_raw(body);
  return done();
}

HttpResponse post_faults(ServerContext& context, const ServerRequest&, const json& body) {
  auto added = context.faults.add(body);
  return added ? done() : mistake(400, added.error().message);
}

HttpResponse delete_faults(ServerContext& context, const ServerRequest&, const json&) {
  context.faults.clear();
  return done();
}

HttpResponse get_state(ServerContext& context, const ServerRequest&, const json&) {
  json instances = json::array();
  for (const auto& [arn, instance] : context.state.instances) {
    json view = describe_instance(context.state, instance, true, true);
    view["unacknowledged"] = context.link(arn).outbox.size();
    instances.push_back(std::move(view));
  }
  json tasks = json::array();
  for (const auto& [arn, task] : context.state.tasks) {
    json view = describe_task(context.state, task, true);
    view["metrics"] = task.metrics;
    tasks.push_back(std::move(view));
  }
  return json_response(200, {{"containerInstances", std::move(instances)},
                             {"tasks", std::move(tasks)},
                             {"faults", context.faults.size()}});
}

struct Route {
  std::string_view method;
  std::string_view path;
  HttpResponse (*serve)(ServerContext&, const ServerRequest&, const json& body);
};

constexpr std::array<Route, 6> kRoutes = {{{"GET", "/_longshore/record", get_record},
                                           {"GET", "/_longshore/state", get_state},
                                           {"POST", "/_longshore/payload", post_payload},
                                           {"POST", "/_longshore/acs", post_acs},
                                           {"POST", "/_longshore/faults", post_faults},
                                           {"DELETE", "/_longshore/faults", delete_faults}}};

}  // namespace

HttpResponse serve_test_route(ServerContext& context, const ServerRequest& request) {
  if (!is_from_this_machine(context, request)) {
    return mistake(403, "served to this machine only");
  }
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& each) {
    return each.method == request.method && each.path == path;
  });
  if (route == kRoutes.end()) return mistake(404, "no such test route");
  if (request.method != "POST") return route->serve(context, request, json::object());
  // Browsers send this type across origins only after asking, and nobody answers them.
  const auto type = net::find_header(request.headers, "Content-Type").value_or("");
  if (!to_lower(type).starts_with("application/json")) {
    return mistake(415, "Content-Type: expected application/json");
  }
  auto body = parse_json(request.body);
  if (!body) return mistake(400, body.error().message);
  return route->serve(context, request, *body);
}

}  // namespace longshore::standalone
