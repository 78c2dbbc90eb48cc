#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/resource_limiter.hpp"

namespace longshore::testing {

/// Groups in memory. Records every call; a test can make calls fail and groups busy.
class FakeLimiter final : public runtime::ResourceLimiter {
 public:
  struct Call {
    std::string name{};     ///< "prepare", "create" or "remove".
    std::string task_id{};  ///< Empty for prepare.
  };

  boost::asio::awaitable<Status> prepare() override;
  std::string cgroup_parent(std::string task_id) const override { return "/ecs/" + task_id; }
  boost::asio::awaitable<Status> create(std::string task_id, runtime::TaskLimits limits) override;
  boost::asio::awaitable<Status> remove(std::string task_id) override;

  /// The next call of that name fails with `error`; several queue up.
  void fail_next(const std::string& call, Error error);

  std::map<std::string, runtime::TaskLimits> groups{};  ///< What exists, by task id.
  std::set<std::string> busy{};  ///< Tasks with living processes: remove() gives Conflict.
  std::vector<Call> calls{};

 private:
  boost::asio::awaitable<Status> enter(std::string call, std::string task_id);
  std::map<std::string, std::deque<Error>> failures_{};
};

}  // namespace longshore::testing
