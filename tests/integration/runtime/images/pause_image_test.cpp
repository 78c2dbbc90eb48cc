#include "runtime/images/pause_image.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>

#include "agent/net/unix_http_client.hpp"
#include "tests/integration/runtime/docker/engine_under_test.hpp"

namespace longshore::runtime::images {
namespace {

using namespace std::chrono_literals;
using docker::EngineUnderTest;

/// A running pause container as tasks have it.
ContainerId started_pause(EngineUnderTest& engine, const std::string& name) {
  PauseImage image(engine.docker);
  REQUIRE(engine.run(image.ensure()));
  const auto id = engine.create({.name = engine.prefix + name,
                                 .image = kPauseImage,
                                 .labels = {{EngineUnderTest::kLabel, engine.prefix}},
                                 .network_mode = "none",
                                 .ipc_mode = "shareable"});
  REQUIRE(id);
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  return *id;
}

std::vector<std::string> output_of(EngineUnderTest& engine, const ContainerSpec& spec) {
  const auto id = engine.create(spec);
  REQUIRE(id);
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  std::vector<std::string> lines;
  REQUIRE(engine.run(engine.docker.follow_logs(
      *id, [&](LogLine line) { lines.push_back(std::move(line.text)); })));
  return lines;
}

TEST_CASE("a missing pause image is loaded and a present one is left alone",
          "[integration][images]") {
  EngineUnderTest engine;
  net::UnixHttpClient http(docker::from_runner("LONGSHORE_TEST_DOCKER_SOCKET"));
  REQUIRE(engine.run(http.call(
      {.method = "DELETE", .url = std::string("/v1.41/images/") + kPauseImage + "?force=1"})));
  REQUIRE(engine.run(engine.docker.inspect_image(kPauseImage)).error().code == ErrorCode::NotFound);

  PauseImage image(engine.docker);
  REQUIRE(engine.run(image.ensure()));
  const auto loaded = engine.run(engine.docker.inspect_image(kPauseImage));
  REQUIRE(loaded);
  REQUIRE(engine.run(image.ensure()));
  CHECK(engine.run(engine.docker.inspect_image(kPauseImage))->id == loaded->id);
}

TEST_CASE("a pause container reaps what the containers in its pid namespace leave behind",
          "[integration][images]") {
  EngineUnderTest engine;
  const ContainerId pause = started_pause(engine, "pid");
  // The inner shell ends before its child, whose new parent is process 1, the pause container's.
  auto spec = engine.spec("orphan", {"sh", "-c",
                                     "(sleep 0.2 & echo $! >/orphan); orphan=$(cat /orphan); "
                                     "grep PPid /proc/$orphan/status; tries=0; "
                                     "while [ -e /proc/$orphan ] && [ $tries -lt 100 ]; do "
                                     "tries=$((tries + 1)); sleep 0.05; done; "
                                     "[ -e /proc/$orphan ] && echo left || echo reaped"});
  spec.pid_mode = "container:" + pause.str();
  CHECK(output_of(engine, spec) == std::vector<std::string>{"PPid:\t1", "reaped"});
}

TEST_CASE("orphans that ended while a pause container was held up are all reaped",
          "[integration][images]") {
  EngineUnderTest engine;
  const ContainerId pause = started_pause(engine, "held-up");
  net::UnixHttpClient http(docker::from_runner("LONGSHORE_TEST_DOCKER_SOCKET"));
  const auto tell = [&](const std::string& word) {
    const auto answer = engine.run(
        http.call({.method = "POST", .url = "/v1.41/containers/" + pause.str() + "/" + word}));
    REQUIRE(answer);
    REQUIRE(answer->status == 204);
  };
  const std::string count = "grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";
  tell("pause");
  auto spec = engine.spec("orphans", {"sh", "-c",
                                      "for i in 1 2 3 4 5; do (sleep 0.1 &); done; tries=0; "
                                      "while [ $(" +
                                          count +
                                          ") -lt 5 ] && [ $tries -lt 50 ]; do "
                                          "tries=$((tries + 1)); sleep 0.1; done; " +
                                          count});
  spec.pid_mode = "container:" + pause.str();
  CHECK(output_of(engine, spec) == std::vector<std::string>{"5"});
  tell("unpause");
  // Their signals were merged into one.
  spec.name += "-later";
  spec.command = {"sh", "-c", "sleep 0.2; " + count};
  CHECK(output_of(engine, spec) == std::vector<std::string>{"0"});
}

TEST_CASE("containers find each other's shared memory through a pause container",
          "[integration][images]") {
  EngineUnderTest engine;
  const ContainerId pause = started_pause(engine, "ipc");
  for (const auto& [name, script] : std::map<std::string, std::string>{
           {"1-writer", "echo hello >/dev/shm/word"}, {"2-reader", "cat /dev/shm/word"}}) {
    auto spec = engine.spec(name, {"sh", "-c", script});
    spec.ipc_mode = "container:" + pause.str();
    const auto lines = output_of(engine, spec);
    CHECK(lines ==
          (name == "1-writer" ? std::vector<std::string>{} : std::vector<std::string>{"hello"}));
  }
}

TEST_CASE("a pause container ends with 0 at once when it is told to", "[integration][images]") {
  const auto* signal = GENERATE("SIGTERM", "SIGINT");
  EngineUnderTest engine;
  PauseImage image(engine.docker);
  REQUIRE(engine.run(image.ensure()));
  auto spec = engine.spec("stop", {});
  spec.image = kPauseImage;
  spec.command.reset();
  spec.config_patch = std::string(R"({"StopSignal": ")") + signal + R"("})";
  const auto id = engine.create(spec);
  REQUIRE(id);
  REQUIRE(engine.run(engine.docker.start(*id, "")));
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(engine.run(engine.docker.stop(*id, 10s)));
  CHECK(std::chrono::steady_clock::now() - begin < 1s);
  const auto state = engine.run(engine.docker.inspect(*id));
  REQUIRE(state);
  CHECK(state->exit_code == 0);
}

TEST_CASE("a pause container uses no processor time while it waits", "[integration][images]") {
  EngineUnderTest engine;
  const ContainerId pause = started_pause(engine, "idle");
  auto spec = engine.spec("look", {"sh", "-c",
                                   "one=$(cut -d' ' -f14,15 /proc/1/stat); sleep 0.5; "
                                   "two=$(cut -d' ' -f14,15 /proc/1/stat); "
                                   "cut -d' ' -f3 /proc/1/stat; echo $one; echo $two"});
  spec.pid_mode = "container:" + pause.str();
  const auto lines = output_of(engine, spec);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "S");  // Asleep in the kernel.
  CHECK(lines[1] == lines[2]);
}

}  // namespace
}  // namespace longshore::runtime::images
