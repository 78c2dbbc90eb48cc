#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "runtime/resource_limiter.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {

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

  REQUIRE(run_on(io, limiter.remove("one")));
  CHECK_FALSE(exists("one"));
  CHECK(exists("two"));
  CHECK(run_on(io, limiter.remove("one")));
  CHECK(run_on(io, limiter.remove("never")));
  REQUIRE(run_on(io, limiter.remove("two")));
  CHECK_FALSE(exists("two"));
}

}  // namespace longshore::testing
