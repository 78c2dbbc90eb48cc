#include "agent/endpoints/status_server.hpp"

#include <fmt/format.h>

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "agent/base/text.hpp"

namespace longshore::endpoints {
namespace {

constexpr std::string_view kAfter = "after=";

net::HttpResponse answer(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body) + "\n"};
}

net::HttpResponse refuse_query(const char* expected) {
  return answer(400, fmt::format(R"({{"message":"expected {}"}})", expected));
}

net::HttpResponse respond(const net::ServerRequest& request, const StatusSources& sources) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  if (path != kTasksPath && path != kHealthPath) {
    return answer(404, R"({"message":"expected /v1/tasks or /v1/health"})");
  }
  if (request.method != "GET") {
    auto refusal = answer(405, R"({"message":"expected GET"})");
    refusal.headers.emplace_back("Allow", "GET");
    return refusal;
  }
  if (path == kHealthPath) {
    if (!query.empty()) return refuse_query("no parameter");
    return answer(200, write_health(sources.health()));
  }
  if (!query.empty() && !query.starts_with(kAfter)) {
    return refuse_query("no parameter, or after=<ARN>");
  }
  const std::string after =
      query.empty() ? std::string() : percent_decode(query.substr(kAfter.size()));
  const engine::TaskTable* tasks = sources.tasks();
  if (tasks == nullptr) return answer(503, R"({"message":"the agent is starting"})");
  return answer(200, write_task_page(*tasks, sources.waits_for, after));
}

boost::asio::awaitable<net::HttpResponse> at_once(net::HttpResponse response) {
  co_return response;
}

}  // namespace

std::string status_socket(const std::string& data_dir) { return data_dir + "/longshore.sock"; }

Result<std::unique_ptr<StatusServer>> StatusServer::listen(boost::asio::any_io_executor executor,
                                                           const std::string& socket_path,
                                                           StatusSources sources) {
  net::HttpServerSettings settings{.unix_socket = socket_path,
                                   .max_connections = 16,
                                   .max_body_bytes = 1024,
                                   .request_timeout = std::chrono::seconds{5}};
  net::HttpHandlers handlers;
  handlers.request = [from = std::move(sources)](net::ServerRequest request) {
    return at_once(respond(request, from));
  };
  auto server =
      net::HttpServer::listen(std::move(executor), std::move(settings), std::move(handlers));
  if (!server) return fail(std::move(server).error());
  return std::unique_ptr<StatusServer>(new StatusServer(std::move(*server)));
}

}  // namespace longshore::endpoints
