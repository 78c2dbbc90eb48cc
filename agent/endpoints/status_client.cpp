#include "agent/endpoints/status_client.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <tuple>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/endpoints/status_server.hpp"
#include "agent/endpoints/task_page.hpp"
#include "agent/net/unix_http_client.hpp"

namespace longshore::endpoints {

namespace {

boost::asio::awaitable<Result<std::string>> fetch(std::string socket_path, std::string target) {
  net::UnixHttpClient http(socket_path);
  net::HttpRequest request{.url = std::move(target), .timeout = std::chrono::seconds{5}};
  auto response = co_await http.call(std::move(request));
  if (!response) co_return fail(std::move(response).error());
  if (response->status == 503) {
    co_return fail(ErrorCode::Conflict,
                   "the agent has not taken over its state yet; longshore health says why");
  }
  if (response->status != 200) {
    co_return fail(ErrorCode::InvalidInput, "{}: expected status 200, got {}", socket_path,
                   response->status);
  }
  co_return std::move(response->body);
}

}  // namespace

boost::asio::awaitable<Result<Health>> fetch_health(std::string socket_path) {
  const auto text = co_await fetch(socket_path, kHealthPath);
  if (!text) co_return fail(text.error());
  auto health = read_health(*text);
  if (!health) co_return fail(socket_path, std::move(health).error());
  co_return health;
}

boost::asio::awaitable<Result<std::vector<ListedTask>>> fetch_tasks(std::string socket_path) {
  std::vector<ListedTask> tasks;
  std::string after;
  while (true) {
    std::string target = kTasksPath;
    if (!after.empty()) target += "?after=" + percent_encode(after);
    const auto text = co_await fetch(socket_path, std::move(target));
    if (!text) co_return fail(text.error());
    auto page = read_task_page(*text);
    if (!page) co_return fail(socket_path, std::move(page).error());
    tasks.insert(tasks.end(), std::make_move_iterator(page->tasks.begin()),
                 std::make_move_iterator(page->tasks.end()));
    if (page->next.empty()) break;
    // What does not come nearer to the end never gets there.
    if (page->next <= after) {
      co_return fail(ErrorCode::InvalidInput, "{}: the pages go round in a circle", socket_path);
    }
    after = std::move(page->next);
  }
  std::sort(tasks.begin(), tasks.end(), [](const ListedTask& a, const ListedTask& b) {
    return std::tie(a.arrival, a.arn) < std::tie(b.arrival, b.arn);
  });
  co_return tasks;
}

}  // namespace longshore::endpoints
