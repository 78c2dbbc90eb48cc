#include "tests/support/fake_limiter.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace longshore::testing {

namespace asio = boost::asio;

asio::awaitable<Status> FakeLimiter::enter(Call call) {
  calls.push_back(call);
  // The real one never answers within the call itself: it goes over a lane.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  auto& failures = failures_[call.name];
  if (failures.empty()) co_return Status{};
  Error error = std::move(failures.front());
  failures.pop_front();
  co_return fail(std::move(error));
}

void FakeLimiter::fail_next(const std::string& call, Error error) {
  failures_[call].push_back(std::move(error));
}

std::size_t FakeLimiter::count(std::string_view call) const {
  return static_cast<std::size_t>(std::count_if(
      calls.begin(), calls.end(), [&](const Call& made) { return made.name == call; }));
}

bool FakeLimiter::has_processes(const std::string& task_id) const {
  if (busy.contains(task_id)) return true;
  const auto at = containers.find(task_id);
  return at != containers.end() && std::any_of(at->second.begin(), at->second.end(),
                                               [](const auto& entry) { return entry.second; });
}

asio::awaitable<Status> FakeLimiter::prepare() { return enter({.name = "prepare"}); }

asio::awaitable<Status> FakeLimiter::create(std::string task_id, runtime::TaskLimits limits) {
  if (auto status = co_await enter({"create", task_id, {}}); !status) co_return status;
  groups[task_id] = limits;
  co_return Status{};
}

asio::awaitable<Status> FakeLimiter::remove(std::string task_id) {
  if (auto status = co_await enter({"remove", task_id, {}}); !status) co_return status;
  if (has_processes(task_id)) {
    co_return fail(ErrorCode::Conflict, "cgroup /ecs/{}: processes remain", task_id);
  }
  groups.erase(task_id);
  containers.erase(task_id);
  co_return Status{};
}

asio::awaitable<Status> FakeLimiter::kill(std::string task_id, ContainerId container) {
  if (auto status = co_await enter({"kill", task_id, container}); !status) co_return status;
  auto& inside = containers[task_id];
  const auto group = inside.find(container);
  if (group == inside.end()) {
    co_return fail(ErrorCode::NotFound, "no group /ecs/{}/{}", task_id, container.str());
  }
  group->second = false;
  if (on_killed) on_killed(std::move(task_id), std::move(container));
  co_return Status{};
}

asio::awaitable<Result<std::vector<runtime::TaskGroup>>> FakeLimiter::list() {
  if (auto status = co_await enter({.name = "list"}); !status) co_return fail(status.error());
  std::vector<runtime::TaskGroup> list;
  for (const auto& [id, limits] : groups) {
    list.push_back({.task_id = id, .has_processes = has_processes(id)});
  }
  co_return list;
}

}  // namespace longshore::testing
