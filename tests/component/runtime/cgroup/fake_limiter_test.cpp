#include "tests/support/fake_limiter.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/limiter_contract.hpp"

namespace longshore::testing {
namespace {

TEST_CASE("the fake limiter keeps the limiter contract", "[component][runtime]") {
  boost::asio::io_context io;
  FakeLimiter fake;
  check_limiter_contract(io, fake, [&](const std::string& id) { return fake.groups.contains(id); });
  CHECK(fake.calls.size() == 14);
  CHECK(fake.calls.front().name == "prepare");
  CHECK(fake.calls.back().task_id == "two");
}

TEST_CASE("the fake limiter kills as the real one does, and tells the test",
          "[component][runtime]") {
  boost::asio::io_context io;
  FakeLimiter fake;
  std::vector<std::string> killed;
  fake.on_killed = [&](const std::string& task_id, const ContainerId& container) {
    killed.push_back(task_id + "/" + container.str());
  };
  const auto start = [&](const std::string& task_id) {
    fake.containers[task_id] = {{ContainerId{"0a"}, true}, {ContainerId{"0b"}, true}};
    return std::pair(ContainerId{"0a"}, ContainerId{"0b"});
  };
  const auto alive = [&](const ContainerId& id) { return fake.containers.at("one").at(id); };
  check_kill_contract(io, fake, start, alive);
  CHECK(killed == std::vector<std::string>{"one/0a", "one/0a", "one/0b"});
  CHECK(fake.calls.back().name == "list");
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
