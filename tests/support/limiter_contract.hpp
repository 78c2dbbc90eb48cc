#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "runtime/resource_limiter.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {

/// How list() shows a task; nullopt when it does not.
inline std::optional<runtime::TaskGroup> listed(boost::asio::io_context& io,
                                                runtime::ResourceLimiter& limiter,
                                                const std::string& task_id) {
  const auto list = run_on(io, limiter.list());
  REQUIRE(list);
  CHECK(std::is_sorted(list->begin(), list->end(),
                       [](const auto& a, const auto& b) { return a.task_id < b.task_id; }));
  const auto at = std::find_if(list->begin(), list->end(),
                               [&](const auto& group) { return group.task_id == task_id; });
  return at == list->end() ? std::nullopt : std::optional(*at);
}

/// What every ResourceLimiter must do. `exists` says whether a task's group is there.
inline void check_limiter_contract(boost::asio::io_context& io, runtime::ResourceLimiter& limiter,
                                   const std::function<bool(const std::string&)>& exists) {
  const runtime::TaskLimits limits{.cpu_vcpus = 0.25, .memory_bytes = 32 << 20};
  REQUIRE(run_on(io, limiter.prepare()));
  REQUIRE(run_on(io, limiter.prepare()));
  CHECK(limiter.cgroup_parent("one").ends_with("/one"));
  CHECK_FALSE(exists("one"));

  REQUIRE(run_on(io, limiter.create("one", limits)));
  REQUIRE(run_on(io, limiter.create("one", limits)));
  REQUIRE(run_on(io, limiter.create("two", {})));
  CHECK(exists("one"));
  CHECK(exists("two"));
  CHECK(listed(io, limiter, "one") == runtime::TaskGroup{"one", false});
  CHECK(listed(io, limiter, "two") == runtime::TaskGroup{"two", false});
  const ContainerId no_container{"0a1b"};
  const auto not_killed = run_on(io, limiter.kill("one", no_container));
  REQUIRE_FALSE(not_killed);
  CHECK(not_killed.error().code == ErrorCode::NotFound);

  REQUIRE(run_on(io, limiter.remove("one")));
  CHECK_FALSE(exists("one"));
  CHECK_FALSE(listed(io, limiter, "one"));
  CHECK(exists("two"));
  CHECK(run_on(io, limiter.remove("one")));
  CHECK(run_on(io, limiter.remove("never")));
  CHECK(run_on(io, limiter.remove("no.group")));
  REQUIRE(run_on(io, limiter.remove("two")));
  CHECK_FALSE(exists("two"));
}

/// What every ResourceLimiter must do with processes in its groups. `start` has two containers of
/// the task live below its group and returns their ids; `alive` says whether one still does.
inline void check_kill_contract(
    boost::asio::io_context& io, runtime::ResourceLimiter& limiter,
    const std::function<std::pair<ContainerId, ContainerId>(const std::string& task_id)>& start,
    const std::function<bool(const ContainerId&)>& alive) {
  REQUIRE(run_on(io, limiter.prepare()));
  REQUIRE(run_on(io, limiter.create("one", {})));
  const auto [first, second] = start("one");
  REQUIRE(alive(first));
  REQUIRE(alive(second));
  CHECK(listed(io, limiter, "one") == runtime::TaskGroup{"one", true});
  const auto refused = run_on(io, limiter.remove("one"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Conflict);

  REQUIRE(run_on(io, limiter.kill("one", first)));
  CHECK_FALSE(alive(first));
  CHECK(alive(second));
  CHECK(listed(io, limiter, "one") == runtime::TaskGroup{"one", true});
  // Repeated, there is nothing left to kill, and maybe no group either.
  const auto again = run_on(io, limiter.kill("one", first));
  CHECK((again || again.error().code == ErrorCode::NotFound));

  REQUIRE(run_on(io, limiter.kill("one", second)));
  CHECK_FALSE(alive(second));
  CHECK(listed(io, limiter, "one") == runtime::TaskGroup{"one", false});
}

}  // namespace longshore::testing
