#include "agent/endpoints/status_client.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <tuple>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/endpoints/task_page.hpp"
#include "agent/net/unix_http_client.hpp"

namespace longshore::endpoints {

boost::asio::awaitable<Result<std::vector<ListedTask>>> fetch_tasks(std::string socket_path) {
  net::UnixHttpClient http(socket_path);
  std::vector<ListedTask> tasks;
  std::string after;
  while (true) {
    net::HttpRequest request{.url = "/v1/tasks", .timeout = std::chrono::seconds{5}};
    if (!after.empty()) request.url += "?after=" + percent_encode(after);
    auto response = co_await http.call(std::move(request));
    if (!response) co_return fail(std::move(response).error());
    if (response->status != 200) {
      co_return fail(ErrorCode::InvalidInput, "{}: expected status 200, got {}", socket_path,
                     response->status);
    }
    auto page = read_task_page(response->body);
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
