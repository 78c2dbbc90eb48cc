#include "agent/endpoints/status_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "agent/base/text.hpp"

namespace longshore::endpoints {
namespace {

constexpr std::string_view kTasksPath = "/v1/tasks";
constexpr std::string_view kAfter = "after=";

net::HttpResponse answer(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body) + "\n"};
}

net::HttpResponse respond(const net::ServerRequest& request, const engine::TaskTable& tasks,
                          const WaitReason& waits_for) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  if (target.substr(0, mark) != kTasksPath) {
    return answer(404, R"({"message":"expected /v1/tasks"})");
  }
  if (request.method != "GET") {
    auto refusal = answer(405, R"({"message":"expected GET"})");
    refusal.headers.emplace_back("Allow", "GET");
    return refusal;
  }
  const std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  if (!query.empty() && !query.starts_with(kAfter)) {
    return answer(400, R"({"message":"expected no parameter, or after=<ARN>"})");
  }
  const std::string after =
      query.empty() ? std::string() : percent_decode(query.substr(kAfter.size()));
  return answer(200, write_task_page(tasks, waits_for, after));
}

boost::asio::awaitable<net::HttpResponse> at_once(net::HttpResponse response) {
  co_return response;
}

}  // namespace

std::string status_socket(const std::string& data_dir) { return data_dir + "/longshore.sock"; }

Result<std::unique_ptr<StatusServer>> StatusServer::listen(boost::asio::any_io_executor executor,
                                                           const std::string& socket_path,
                                                           const engine::TaskTable& tasks,
                                                           WaitReason waits_for) {
  net::HttpServerSettings settings{.unix_socket = socket_path,
                                   .max_connections = 16,
                                   .max_body_bytes = 1024,
                                   .request_timeout = std::chrono::seconds{5}};
  net::HttpHandlers handlers;
  handlers.request = [table = &tasks, why = std::move(waits_for)](net::ServerRequest request) {
    return at_once(respond(request, *table, why));
  };
  auto server =
      net::HttpServer::listen(std::move(executor), std::move(settings), std::move(handlers));
  if (!server) return fail(std::move(server).error());
  return std::unique_ptr<StatusServer>(new StatusServer(std::move(*server)));
}

}  // namespace longshore::endpoints
