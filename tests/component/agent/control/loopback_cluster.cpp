#include "loopback_cluster.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "agent/base/spawn.hpp"

namespace longshore::testing {
namespace {

using boost::asio::awaitable;
using nlohmann::json;
using namespace std::chrono_literals;

net::HttpResponse ok(const json& body) { return {.status = 200, .body = body.dump()}; }

aws::CredentialSource counted_credentials(int& reads, const Clock& clock) {
  return {.name = "test", .fetch = [&reads, &clock]() -> awaitable<Result<aws::Credentials>> {
            ++reads;
            co_return aws::Credentials{.access_key_id = "AK",
                                       .secret_access_key = Secret("SK"),
                                       .expires = clock.wall_now() + 24h * 365};
          }};
}

control::EcsSettings with_endpoint(control::EcsSettings settings, std::string url, int attempts) {
  if (settings.endpoint_url.empty()) settings.endpoint_url = std::move(url);
  settings.region = "us-west-2";
  settings.user_agent = "test agent";
  settings.attempts = attempts;
  return settings;
}

std::unique_ptr<net::HttpServer> listen(boost::asio::io_context& io, net::HttpHandlers handlers) {
  auto server = net::HttpServer::listen(io.get_executor(), {}, std::move(handlers));
  if (!server) throw std::runtime_error(server.error().message);
  return *std::move(server);
}

}  // namespace

LoopbackCluster::LoopbackCluster(control::EcsSettings settings, int attempts)
    : server_(listen(
          io,
          {.request = [this](net::ServerRequest r) { return serve_api(std::move(r)); },
           .check_upgrade = [this](const net::ServerRequest&) -> std::optional<net::HttpResponse> {
             if (refusals.empty()) return std::nullopt;
             net::HttpResponse refusal = std::move(refusals.front());
             refusals.pop_front();
             return refusal;
           },
           .websocket =
               [this](net::ServerRequest r, std::unique_ptr<net::Websocket> s) {
                 return serve_websocket(std::move(r), std::move(s));
               }})),
      credentials_({counted_credentials(credential_reads, clock)}, clock),
      json_(http_, clock, [this] { return random; }),
      ecs(json_, credentials_, clock, with_endpoint(std::move(settings), base_url(), attempts),
          [this] { return random; }) {}

LoopbackCluster::~LoopbackCluster() = default;

std::string LoopbackCluster::base_url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

void LoopbackCluster::answer(const std::string& operation, std::vector<net::HttpResponse> answers) {
  for (auto& one : answers) answers_[operation].push_back(std::move(one));
}

net::HttpResponse LoopbackCluster::error(std::string code, std::string message, int status) {
  return {.status = status, .body = json{{"__type", code}, {"message", message}}.dump()};
}

net::HttpResponse LoopbackCluster::usual_answer(const std::string& operation,
                                                const json& body) const {
  if (operation == "RegisterContainerInstance") {
    json attributes = body["attributes"];
    attributes.push_back({{"name", "ecs.availability-zone"}, {"value", "us-west-2a"}});
    return ok({{"containerInstance",
                {{"containerInstanceArn", "instance-arn"}, {"attributes", attributes}}}});
  }
  if (operation == "DiscoverPollEndpoint") {
    return ok({{"endpoint", acs_url.empty() ? base_url() : acs_url},
               {"telemetryEndpoint", "http://tcs"}});
  }
  if (operation == "CreateCluster") return ok({{"cluster", {{"clusterName", "made"}}}});
  return ok({{"acknowledgment", "ok"}});
}

awaitable<net::HttpResponse> LoopbackCluster::serve_api(net::ServerRequest request) {
  const std::string target(net::find_header(request.headers, "X-Amz-Target").value_or(""));
  const std::string operation = target.substr(target.find('.') + 1);
  json body = json::parse(request.body);
  auto& scripted = answers_[operation];
  net::HttpResponse response = usual_answer(operation, body);
  if (!scripted.empty()) {
    response = std::move(scripted.front());
    scripted.pop_front();
  }
  api.push_back({operation, std::move(body), std::move(request.headers)});
  co_return response;
}

awaitable<void> LoopbackCluster::serve_websocket(net::ServerRequest request,
                                                 std::unique_ptr<net::Websocket> socket) {
  auto session = std::make_shared<Session>();
  session->target = request.target;
  session->headers = std::move(request.headers);
  session->socket = std::move(socket);
  sessions.push_back(session);
  if (hang_up_code) co_await session->socket->close(*hang_up_code, "");
  while (true) {
    const auto text = co_await session->socket->read(60s);
    if (!text) break;
    session->received.push_back(json::parse(*text));
  }
  session->ended = true;
}

void LoopbackCluster::run_until(const std::function<bool()>& done) {
  const auto limit = std::chrono::steady_clock::now() + 60s;
  io.restart();
  while (!done()) {
    if (io.run_one_until(limit) == 0) FAIL("what the test waits for did not happen");
  }
}

void LoopbackCluster::settle() {
  // A lane's thread may still be about to post its result; its turn is bounded by this round trip.
  static_cast<void>(run(run_blocking(lane_, [] { return 0; })));
  io.restart();
  while (io.poll_one() > 0) {
  }
}

void LoopbackCluster::send_raw(Session& session, std::string text) {
  const Status sent = run(session.socket->write(std::move(text), 10s));
  REQUIRE(sent);
}

void LoopbackCluster::send(Session& session, const std::string& type, const json& message) {
  send_raw(session, json{{"type", type}, {"message", message}}.dump());
}

void LoopbackCluster::close(Session& session, std::uint16_t code) {
  spawn(io.get_executor(), "close", session.socket->close(code, "test"));
}

std::vector<const LoopbackCluster::ApiCall*> LoopbackCluster::calls(
    const std::string& operation) const {
  std::vector<const ApiCall*> found;
  for (const ApiCall& call : api) {
    if (call.operation == operation) found.push_back(&call);
  }
  return found;
}

}  // namespace longshore::testing
