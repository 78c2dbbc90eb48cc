#include <boost/asio/bind_cancellation_slot.hpp>
#include <catch2/catch.hpp>

#include "tests/integration/runtime/docker/engine_under_test.hpp"

namespace longshore::runtime::docker {
namespace {

TEST_CASE("a command that does not exist is told in the engine's words", "[integration][docker]") {
  EngineUnderTest engine;
  const auto id = engine.create(engine.spec("bad", {"/no/such/thing"}));
  REQUIRE(id);
  const auto started = engine.run(engine.docker.start(*id, "1.17"));
  REQUIRE_FALSE(started);
  // As recorded from the official agent: tests/data/golden/bad_command.json.
  CHECK(started.error().message ==
        "Error response from daemon: failed to create shim task: OCI runtime create failed: runc "
        "create failed: unable to start container process: exec: \"/no/such/thing\": stat "
        "/no/such/thing: no such file or directory: unknown");
  CHECK(started.error().code == ErrorCode::InvalidInput);
  const auto state = engine.run(engine.docker.inspect(*id));
  REQUIRE(state);
  CHECK(state->status == ContainerStatus::Created);
  CHECK_FALSE(state->exit_code);  // The engine says 127, of a process that never ran.
}

TEST_CASE("published ports are shown as bound", "[integration][docker]") {
  EngineUnderTest engine;
  auto spec = engine.spec("ports", {"sleep", "60"});
  spec.ports = {{.container_port = 80}, {.container_port = 53, .protocol = "udp"}};
  const auto id = engine.create(spec);
  REQUIRE(id);
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  const auto state = engine.run(engine.docker.inspect(*id));
  REQUIRE(state);
  REQUIRE_FALSE(state->ports.empty());
  for (const PortBinding& port : state->ports) {
    CHECK(port.host_port != 0);
    CHECK_FALSE(port.bind_ip.empty());
    CHECK(port.protocol == (port.container_port == 80 ? "tcp" : "udp"));
  }
}

TEST_CASE("the kernel's kill for memory is seen", "[integration][docker]") {
  EngineUnderTest engine;
  auto spec = engine.spec("memory", {"sh", "-c", "x=; while :; do x=$x$x-; done"});
  spec.memory_bytes = 16 << 20;
  spec.host_config_patch = R"({"MemorySwap": 16777216})";
  const auto id = engine.create(spec);
  REQUIRE(id);
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  // Its output ends when it does.
  REQUIRE(engine.run(engine.docker.follow_logs(*id, [](LogLine) {})));
  REQUIRE(engine.run(engine.docker.stop(*id, std::chrono::seconds{5})));
  const auto state = engine.run(engine.docker.inspect(*id));
  REQUIRE(state);
  CHECK(state->exit_code == 137);
  CHECK(state->oom_killed);
}

TEST_CASE("a health check's result is shown", "[integration][docker]") {
  EngineUnderTest engine;
  auto spec = engine.spec("health", {"sleep", "60"});
  spec.config_patch =
      R"({"Healthcheck": {"Test": ["CMD", "true"], "Interval": 100000000, "Retries": 1}})";
  const auto id = engine.create(spec);
  REQUIRE(id);
  HealthStatus seen = HealthStatus::None;
  boost::asio::cancellation_signal stop;
  boost::asio::co_spawn(
      engine.io,
      engine.docker.watch(EngineUnderTest::kLabel, 0, {},
                          [&](RuntimeEvent event) {
                            if (event.kind == RuntimeEventKind::HealthChanged) seen = event.health;
                          }),
      boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr, Status) {}));
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (seen == HealthStatus::None && engine.io.run_one_until(deadline) != 0) {
  }
  stop.emit(boost::asio::cancellation_type::terminal);
  CHECK(seen == HealthStatus::Healthy);
  CHECK(engine.run(engine.docker.inspect(*id))->health == HealthStatus::Healthy);
}

TEST_CASE("a terminal's output has no frames", "[integration][docker]") {
  EngineUnderTest engine;
  auto spec = engine.spec("tty", {"sh", "-c", "echo one; echo two >&2"});
  spec.config_patch = R"({"Tty": true})";
  const auto id = engine.create(spec);
  REQUIRE(id);
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  std::vector<std::string> lines;
  REQUIRE(engine.run(engine.docker.follow_logs(
      *id, [&](LogLine line) { lines.push_back(std::move(line.text)); })));
  CHECK(lines == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a version no engine speaks is refused", "[integration][docker]") {
  EngineUnderTest engine;
  auto spec = engine.spec("version", {"true"});
  spec.min_api_version = "1.99";
  const auto future = engine.create(spec);
  REQUIRE_FALSE(future);
  CHECK(future.error().code == ErrorCode::InvalidInput);
  spec.min_api_version = "new";
  const auto broken = engine.create(spec);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message.starts_with("dockerConfig.version: "));
}

TEST_CASE("a socket that is not there is unavailable", "[integration][docker]") {
  boost::asio::io_context io;
  DockerRuntime docker(DockerSettings{.socket_path = "/nonexistent/docker.sock"});
  CHECK(testing::run_on(io, docker.ping()).error().code == ErrorCode::Unavailable);
  CHECK(testing::run_on(io, docker.list("k", "")).error().code == ErrorCode::Unavailable);
}

}  // namespace
}  // namespace longshore::runtime::docker
