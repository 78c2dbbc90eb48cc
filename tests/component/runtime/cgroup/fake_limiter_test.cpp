#include "tests/support/fake_limiter.hpp"

#include <catch2/catch.hpp>

#include "tests/support/limiter_contract.hpp"

namespace longshore::testing {
namespace {

TEST_CASE("the fake limiter keeps the limiter contract", "[component][runtime]") {
  boost::asio::io_context io;
  FakeLimiter fake;
  check_limiter_contract(io, fake, [&](const std::string& id) { return fake.groups.contains(id); });
  CHECK(fake.calls.size() == 9);
  CHECK(fake.calls.front().name == "prepare");
  CHECK(fake.calls.back().task_id == "two");
}

TEST_CASE("a busy group of the fake stays, and failures come in order", "[component][runtime]") {
  boost::asio::io_context io;
  FakeLimiter fake;
  REQUIRE(run_on(io, fake.create("one", {})));
  fake.busy.insert("one");
  const auto refused = run_on(io, fake.remove("one"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Conflict);
  CHECK(fake.groups.contains("one"));
  fake.busy.clear();
  fake.fail_next("remove", {ErrorCode::Internal, "once"});
  CHECK(run_on(io, fake.remove("one")).error().message == "once");
  CHECK(run_on(io, fake.remove("one")));
}

}  // namespace
}  // namespace longshore::testing
