#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/resource_limiter.hpp"

namespace longshore::testing {

/// Groups in memory. Records every call; a test can make calls fail, groups busy, and containers
/// live in them.
class FakeLimiter final : public runtime::ResourceLimiter {
 public:
  struct Call {
    std::string name{};       ///< "prepare", "create", "remove", "kill" or "list".
    std::string task_id{};    ///< Empty for prepare and list.
    ContainerId container{};  ///< Of a kill.
  };

  boost::asio::awaitable<Status> prepare() override;
  std::string cgroup_parent(std::string task_id) const override { return "/ecs/" + task_id; }
  boost::asio::awaitable<Status> create(std::string task_id, runtime::TaskLimits limits) override;
  boost::asio::awaitable<Status> remove(std::string task_id) override;
  boost::asio::awaitable<Status> kill(std::string task_id, ContainerId container) override;
  boost::asio::awaitable<Result<std::vector<runtime::TaskGroup>>> list() override;

  /// The next call of that name fails with `error`; several queue up.
  void fail_next(const std::string& call, Error error);

  std::map<std::string, runtime::TaskLimits> groups{};  ///< What exists, by task id.
  std::set<std::string> busy{};  ///< Tasks with living processes: remove() gives Conflict.
  /// Containers' own groups by task, and whether processes live in them, which busies the task.
  std::map<std::string, std::map<ContainerId, bool>> containers{};
  /// Runs when a kill has ended a container's processes: for the engine that shall notice.
  std::function<void(std::string task_id, ContainerId container)> on_killed{};
  std::vector<Call> calls{};
  [[nodiscard]] std::size_t count(std::string_view call) const;

 private:
  boost::asio::awaitable<Status> enter(Call call);
  [[nodiscard]] bool has_processes(const std::string& task_id) const;

  std::map<std::string, std::deque<Error>> failures_{};
};

}  // namespace longshore::testing
