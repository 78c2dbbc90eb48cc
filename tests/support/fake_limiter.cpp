#include "tests/support/fake_limiter.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace longshore::testing {

namespace asio = boost::asio;

asio::awaitable<Status> FakeLimiter::enter(std::string call, std::string task_id) {
  calls.push_back({call, std::move(task_id)});
  // The real one never answers within the call itself: it goes over a lane.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  auto& failures = failures_[call];
  if (failures.empty()) co_return Status{};
  Error error = std::move(failures.front());
  failures.pop_front();
  co_return fail(std::move(error));
}

void FakeLimiter::fail_next(const std::string& call, Error error) {
  failures_[call].push_back(std::move(error));
}

asio::awaitable<Status> FakeLimiter::prepare() { co_return co_await enter("prepare", {}); }

asio::awaitable<Status> FakeLimiter::create(std::string task_id, runtime::TaskLimits limits) {
  if (auto status = co_await enter("create", task_id); !status) co_return status;
  groups[task_id] = limits;
  co_return Status{};
}

asio::awaitable<Status> FakeLimiter::remove(std::string task_id) {
  if (auto status = co_await enter("remove", task_id); !status) co_return status;
  if (busy.contains(task_id)) {
    co_return fail(ErrorCode::Conflict, "cgroup /ecs/{}: processes remain", task_id);
  }
  groups.erase(task_id);
  co_return Status{};
}

}  // namespace longshore::testing
