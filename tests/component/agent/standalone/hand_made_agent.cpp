#include "tests/component/agent/standalone/hand_made_agent.hpp"

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::standalone {
namespace {

constexpr std::chrono::seconds kPatience{10};

}  // namespace

std::string signature() {
  return "AWS4-HMAC-SHA256 Credential=AKID/20250102/us-east-1/ecs/aws4_request, "
         "SignedHeaders=host;x-amz-date, Signature=" +
         std::string(64, 'a');
}

std::string tcs_frame(const char* type, const json& message) {
  return "Authorization: " + signature() +
         "\r\nHost: 127.0.0.1\r\nX-Amz-Date: 20250102T030405Z\r\n\r\n" +
         dump_json({{"type", type}, {"message", message}});
}

json AgentEnd::receive() {
  const auto text = testing::run_on(io_, socket_->read(kPatience));
  INFO((text ? std::string() : text.error().message));
  REQUIRE(text);
  return json::parse(*text);
}

json AgentEnd::receive(const char* type) {
  json frame = receive();
  while (frame["type"] != type) frame = receive();
  return frame;
}

bool AgentEnd::ends() {
  const auto text = testing::run_on(io_, socket_->read(kPatience));
  return !text && text.error().code == ErrorCode::Unavailable;
}

void AgentEnd::send_text(const std::string& text) {
  REQUIRE(testing::run_on(io_, socket_->write(text, kPatience)));
}

void AgentEnd::send(const char* type, const json& message) {
  send_text(dump_json({{"type", type}, {"message", message}}));
}

Loopback::Loopback(StandaloneSettings settings) {
  settings.listen_port = 0;
  auto started = StandaloneServer::start(io.get_executor(), std::move(settings), clock);
  INFO((started ? std::string() : started.error().message));
  REQUIRE(started);
  server = std::move(*started);
}

net::HttpsAnswer Loopback::post_api(const std::string& target, const json& body) {
  net::HttpRequest request{
      .method = "POST",
      .url = "http://127.0.0.1:" + std::to_string(server->port()) + "/",
      .headers = {{"X-Amz-Target", target}, {"Content-Type", "application/x-amz-json-1.1"}},
      .body = dump_json(body),
      .timeout = kPatience};
  return testing::run_on(io, http_.call(std::move(request)));
}

json Loopback::api(const std::string& operation, const json& body) {
  const auto response = post_api("AmazonEC2ContainerServiceV20141113." + operation, body);
  REQUIRE(response);
  INFO(operation << ": " << response->body);
  REQUIRE(response->status == 200);
  return json::parse(response->body);
}

net::HttpResponse Loopback::request(const std::string& method, const std::string& path,
                                    const std::string& body, net::Headers headers) {
  net::HttpRequest request{.method = method,
                           .url = "http://127.0.0.1:" + std::to_string(server->port()) + path,
                           .headers = std::move(headers),
                           .body = body,
                           .timeout = kPatience};
  auto response = testing::run_on(io, http_.call(std::move(request)));
  REQUIRE(response);
  return std::move(*response);
}

json Loopback::tell(const std::string& path, const json& body) {
  const auto response = request("POST", "/_longshore/" + path, dump_json(body),
                                {{"Content-Type", "application/json"}});
  INFO(path << ": " << response.body);
  REQUIRE(response.status == 200);
  return json::parse(response.body);
}

json Loopback::record() { return json::parse(request("GET", "/_longshore/record?since=0").body); }

std::size_t Loopback::recorded(const char* channel, const char* direction, const char* type) {
  std::size_t count = 0;
  for (const json& each : record()) {
    const bool same =
        each["channel"] == channel && each["direction"] == direction && each["type"] == type;
    count += same ? 1 : 0;
  }
  return count;
}

std::string Loopback::register_host() {
  return api("RegisterContainerInstance",
             {{"cluster", "default"},
              {"attributes", {{{"name", "com.amazonaws.ecs.capability.task-iam-role"}}}},
              {"totalResources",
               {{{"name", "CPU"}, {"integerValue", 2048}},
                {{"name", "MEMORY"},
                 {"integerValue", 1024}}}}})["containerInstance"]["containerInstanceArn"];
}

json Loopback::acs_query(const std::string& instance_arn) const {
  return {{"agentHash", "0123abcd"},
          {"agentVersion", "1.2.3"},
          {"clusterArn", "default"},
          {"containerInstanceArn", instance_arn},
          {"dockerVersion", "DockerVersion: 24.0.5"},
          {"protocolVersion", "2"},
          {"sendCredentials", "false"},
          {"seqNum", "1"}};
}

tl::expected<std::unique_ptr<net::Websocket>, net::ConnectFailure> Loopback::try_connect(
    const json& query, net::Headers headers) {
  if (headers.empty()) {
    headers = {{"Authorization", signature()}, {"X-Amz-Date", "20250102T030405Z"}};
  }
  std::string url = "ws://127.0.0.1:" + std::to_string(server->port()) + "/ws";
  char separator = '?';
  for (const auto& [name, value] : query.items()) {
    url += separator + form_encode(name) + "=" + form_encode(value.get<std::string>());
    separator = '&';
  }
  net::WebsocketTarget target{.url = std::move(url), .headers = std::move(headers)};
  return testing::run_on(io, net::connect_websocket(std::move(target)));
}

AgentEnd Loopback::connect_acs(const std::string& instance_arn, const json& changes) {
  json query = acs_query(instance_arn);
  query.update(changes);
  const std::size_t before = recorded("acs", "in", "connect");
  auto socket = try_connect(query);
  REQUIRE(socket);
  // This side may be through with the upgrade before the server has begun to serve it.
  REQUIRE(eventually([&] { return recorded("acs", "in", "connect") > before; }));
  return {io, std::move(*socket)};
}

AgentEnd Loopback::connect_tcs(const std::string& instance_arn) {
  auto socket = try_connect({{"agentHash", "0123abcd"},
                             {"agentVersion", "1.2.3"},
                             {"cluster", "default"},
                             {"containerInstance", instance_arn}});
  REQUIRE(socket);
  return {io, std::move(*socket)};
}

std::string Loopback::run_task(json definition) {
  if (definition.empty()) {
    definition = {
        {"family", "web"},
        {"containerDefinitions", {{{"name", "web"}, {"image", "busybox"}, {"memory", 64}}}}};
  }
  api("RegisterTaskDefinition", definition);
  const json answer = api("RunTask", {{"taskDefinition", definition["family"]}});
  INFO(answer.dump());
  REQUIRE(answer["tasks"].size() == 1);
  return answer["tasks"][0]["taskArn"];
}

bool Loopback::eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < end) {
    io.restart();
    io.run_one_for(std::chrono::milliseconds{10});
  }
  return condition();
}

}  // namespace longshore::standalone
