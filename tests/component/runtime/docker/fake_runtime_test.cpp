#include "tests/support/fake_runtime.hpp"

#include <catch2/catch.hpp>

#include "tests/support/run_on.hpp"
#include "tests/support/runtime_contract.hpp"

namespace longshore::testing {
namespace {

using runtime::ContainerSpec;

TEST_CASE("the fake runtime keeps the runtime contract", "[component][runtime]") {
  boost::asio::io_context io;
  FakeRuntime fake;
  fake.images["busybox:test"] = {.id = "sha256:0a", .environment = {"PATH=/bin"}};
  fake.exits_at_once = [](const ContainerSpec& spec) -> std::optional<int> {
    return spec.command->back() == "exit 7" ? std::optional(7) : std::nullopt;
  };
  fake.logs["contract-logs"] = {
      {.text = "one"}, {.text = ""}, {.is_stderr = true, .text = "bad"}, {.text = "two"}};
  fake.loadable["tar"] = "longshore/loaded:1";
  RuntimeContract({.io = io,
                   .runtime = fake,
                   .image = "busybox:test",
                   .prefix = "contract-",
                   .image_tar = "tar",
                   .image_in_tar = "longshore/loaded:1"})
      .check();
}

TEST_CASE("a held call of the fake waits until it is released", "[component][runtime]") {
  boost::asio::io_context io;
  FakeRuntime fake;
  fake.hold("ping");
  bool answered = false;
  boost::asio::co_spawn(io, fake.ping(),
                        [&](std::exception_ptr, Status status) { answered = status.has_value(); });
  io.poll();
  CHECK(fake.count("ping") == 1);
  CHECK_FALSE(answered);
  fake.release("ping");
  io.restart();
  io.poll();
  CHECK(answered);
}

TEST_CASE("a process of the fake may outlive a stop and a kill", "[component][runtime]") {
  boost::asio::io_context io;
  FakeRuntime fake;
  fake.images["i"] = {.id = "sha256:0a"};
  fake.survives_stop = [](const ContainerSpec& spec) { return spec.name != "weak"; };
  fake.survives_kill = [](const ContainerSpec& spec) { return spec.name == "strong"; };
  const auto outlives = [&](const std::string& name) {
    const auto id =
        run_on(io, fake.create({.name = name, .image = "i"})).map(&runtime::CreatedContainer::id);
    REQUIRE(id);
    REQUIRE(run_on(io, fake.start(*id, "")));
    const Status stopped = run_on(io, fake.stop(*id, std::chrono::seconds{1}));
    CHECK(stopped.has_value() == !fake.find(name)->alive);
    const Status killed = run_on(io, fake.kill(*id));
    CHECK(killed.has_value() == !fake.find(name)->alive);
    if (!killed) CHECK(killed.error().code == ErrorCode::Timeout);
    return std::pair(!stopped, !killed);
  };
  CHECK(outlives("weak") == std::pair(false, false));
  CHECK(outlives("stubborn") == std::pair(true, false));
  CHECK(outlives("strong") == std::pair(true, true));
}

TEST_CASE("scripted failures of the fake come in order and then end", "[component][runtime]") {
  boost::asio::io_context io;
  FakeRuntime fake;
  fake.fail_next("ping", {ErrorCode::Timeout, "one"});
  fake.fail_next("ping", {ErrorCode::Unavailable, "two"});
  CHECK(run_on(io, fake.ping()).error().message == "one");
  CHECK(run_on(io, fake.ping()).error().message == "two");
  CHECK(run_on(io, fake.ping()));
}

TEST_CASE("a broken event stream of the fake ends the watch with its error",
          "[component][runtime]") {
  boost::asio::io_context io;
  FakeRuntime fake;
  Status ended;
  boost::asio::co_spawn(io, fake.watch("k", 0, {}, [](runtime::RuntimeEvent) {}),
                        [&](std::exception_ptr, Status status) { ended = std::move(status); });
  io.poll();
  CHECK(fake.watchers() == 1);
  fake.break_events({ErrorCode::Unavailable, "gone"});
  io.restart();
  io.poll();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().message == "gone");
  CHECK(fake.watchers() == 0);
}

}  // namespace
}  // namespace longshore::testing
