#include "agent/standalone/standalone_server.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "agent/net/http_server.hpp"
#include "agent/standalone/api_route.hpp"
#include "agent/standalone/role_credentials.hpp"
#include "agent/standalone/server_context.hpp"
#include "agent/standalone/settings_rules.hpp"
#include "agent/standalone/test_routes.hpp"
#include "agent/standalone/upgrade_route.hpp"

namespace longshore::standalone {
namespace {

using boost::asio::awaitable;
using net::HttpResponse;
using net::ServerRequest;
using nlohmann::json;

constexpr std::chrono::seconds kTick{1};

HttpResponse refusal(int status, const std::string& message) {
  return json_response(status, {{"__type", "AccessDeniedException"}, {"message", message}});
}

/// "127.0.0.1" of "127.0.0.1:51800", "::1" of "[::1]:51800".
std::string_view host_name(std::string_view host) {
  if (host.starts_with("[")) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

/// A web page in this machine's browser must not be able to start containers: browsers name the
/// page's origin, and a name made to resolve to 127.0.0.1 shows in Host.
std::optional<HttpResponse> refuse_browsers(const ServerContext& context,
                                            const ServerRequest& request) {
  if (net::find_header(request.headers, "Origin")) {
    return refusal(403, "requests of web pages are not served");
  }
  const std::string_view host = host_name(net::find_header(request.headers, "Host").value_or(""));
  if (context.loopback && host != "localhost" && !is_loopback(host)) {
    return refusal(403, "Host: expected localhost or a loopback address");
  }
  return std::nullopt;
}

awaitable<HttpResponse> serve_request(std::shared_ptr<ServerContext> context,
                                      ServerRequest request) {
  if (auto refused = refuse_browsers(*context, request)) co_return std::move(*refused);
  if (request.target.starts_with("/_longshore/")) co_return serve_test_route(*context, request);
  if (request.method != "POST") {
    co_return refusal(405, "this is an ECS API: POST / with X-Amz-Target");
  }
  co_return co_await serve_api(std::move(context), std::move(request));
}

void tick(ServerContext& context) {
  const WallTime now = context.clock.wall_now();
  forget_old_tasks(context.state, now);
  for (const RenewedCredentials& renewed : renew_credentials(context.state, now)) {
    context.link(context.state.tasks[renewed.task_arn].instance_arn)
        .outbox.add_credentials(context.state, renewed.task_arn, renewed.execution_role);
  }
  for (auto& [arn, agent] : context.links) {
    if (auto session = agent.acs.lock()) session->on_tick();
    if (auto session = agent.tcs.lock()) session->on_tick();
  }
}

awaitable<void> run_ticks(std::shared_ptr<ServerContext> context) {
  while (!context->stopped) {
    tick(*context);
    co_await context->clock.sleep_for(kTick);
  }
}

Status write_port_file(const std::string& path, std::uint16_t port) {
  // Whole or not at all: who waits for the file must not read half a number.
  const std::string unfinished = path + ".new";
  errno = 0;
  {
    std::ofstream file(unfinished, std::ios::trunc);
    file << port << "\n";
    file.flush();
    if (!file) {
      return fail(ErrorCode::PermissionDenied, "--port-file {}: {}", path, std::strerror(errno));
    }
  }
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return fail(ErrorCode::PermissionDenied, "--port-file {}: {}", path, std::strerror(errno));
  }
  return {};
}

ErrorCode code_of(const ApiError& error) {
  if (error.code.find("NotFound") != std::string::npos) return ErrorCode::NotFound;
  return error.code == "ServerException" ? ErrorCode::Internal : ErrorCode::InvalidInput;
}

}  // namespace

struct StandaloneServer::State {
  std::shared_ptr<ServerContext> context{};
  std::unique_ptr<net::HttpServer> http{};
  boost::asio::cancellation_signal stop_ticks{};
};

StandaloneServer::StandaloneServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

StandaloneServer::~StandaloneServer() {
  state_->context->stop();
  state_->http.reset();
  // The signal must outlive the coroutine that it cancels.
  boost::asio::post(state_->context->executor, [state = state_] {
    state->stop_ticks.emit(boost::asio::cancellation_type::terminal);
  });
}

Result<std::unique_ptr<StandaloneServer>> StandaloneServer::start(
    boost::asio::any_io_executor executor, StandaloneSettings settings, Clock& clock) {
  if (auto checked = check_settings(settings); !checked) return fail(std::move(checked).error());
  auto password = read_ecr_password(settings.ecr_password_file);
  if (!password) return fail(std::move(password).error());

  auto state = std::make_shared<State>();
  state->context = std::make_shared<ServerContext>(executor, std::move(settings), clock);
  auto context = state->context;
  context->ecr_password = std::move(*password);
  context->loopback = is_loopback(context->settings.listen_address);
  if (!context->settings.record_file.empty()) {
    auto opened = context->recorder.open(context->settings.record_file);
    if (!opened) return fail(std::move(opened).error());
  }
  net::HttpHandlers handlers{
      .request =
          [context](ServerRequest request) { return serve_request(context, std::move(request)); },
      .check_upgrade = [context](const ServerRequest& request) -> std::optional<HttpResponse> {
        if (auto refused = refuse_browsers(*context, request)) return refused;
        return check_upgrade(*context, request);
      },
      .websocket =
          [context](ServerRequest request, std::unique_ptr<net::Websocket> socket) {
            return serve_upgrade(context, std::move(request), std::move(socket));
          }};
  auto http = net::HttpServer::listen(
      executor,
      {.address = context->settings.listen_address, .port = context->settings.listen_port},
      std::move(handlers));
  if (!http) return fail("--listen", std::move(http).error());
  state->http = std::move(*http);
  context->port = state->http->port();
  if (!context->settings.port_file.empty()) {
    auto written = write_port_file(context->settings.port_file, context->port);
    if (!written) return fail(std::move(written).error());
  }
  spawn(executor, "standalone: ticks", run_ticks(context), state->stop_ticks.slot(), [state] {});
  log_info("Standalone control plane listening", {{"endpoint", context->origin()}});
  return std::unique_ptr<StandaloneServer>(new StandaloneServer(std::move(state)));
}

std::uint16_t StandaloneServer::port() const { return state_->context->port; }

Result<json> StandaloneServer::call(std::string operation, json request) {
  if (!request.is_object()) {
    return fail(ErrorCode::InvalidInput, "ClientException: request: expected an object");
  }
  ServerContext& context = *state_->context;
  auto answer = context.call(operation, request, context.origin());
  if (!answer) {
    return fail(code_of(answer.error()), "{}: {}", answer.error().code, answer.error().message);
  }
  return std::move(*answer);
}

void StandaloneServer::on_record(std::function<void(const Record&)> observer) {
  state_->context->observer = std::move(observer);
}

}  // namespace longshore::standalone
