#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "metrics/collector.hpp"
#include "runtime/cgroup_mounts.hpp"
#include "tests/integration/runtime/docker/engine_under_test.hpp"

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;

namespace {

runtime::CgroupMounts host_mounts() {
  std::ifstream file("/proc/self/mountinfo");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto mounts = runtime::parse_cgroup_mounts(text);
  REQUIRE(mounts);
  return *mounts;
}

/// Samples until the network counters of the container reach `tx_bytes`; what was counted then.
std::uint64_t sent_after(Collector& collector, std::uint64_t tx_bytes,
                         std::optional<std::uint64_t>& restarts) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  std::uint64_t seen = 0;
  while (seen < tx_bytes && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(20ms);
    collector.sample();
    const auto report = collector.collect();
    if (!report || report->tasks.empty()) continue;
    const ContainerStats& stats = report->tasks[0].containers[0].stats;
    CHECK(stats.cpu_percent.max <= 110);
    if (stats.network) seen = stats.network->tx_bytes.max;
    if (stats.restarts.value_or(0) > 0) restarts = restarts.value_or(0) + *stats.restarts;
  }
  return seen;
}

TEST_CASE("a real container that is restarted in place goes on counting",
          "[integration][metrics]") {
  runtime::docker::EngineUnderTest engine;
  // Sends a packet of 1,042 bytes to its bridge every 50 ms.
  const auto id = engine.create(engine.spec(
      "restarted", {"sh", "-c",
                    "trap 'exit 1' TERM; gateway=$(ip route | awk '/default/{print $3}'); "
                    "ping -q -i 0.05 -s 1000 $gateway & wait"}));
  REQUIRE(id);
  SystemClock clock;
  Collector collector(clock, host_mounts());
  WatchedContainer web{.id = *id,
                       .task = {.arn = TaskArn{"arn:task"}},
                       .name = ContainerName{"web"},
                       .network_mode = "bridge",
                       .restart_count = 0};
  std::optional<std::uint64_t> restarts;
  std::uint64_t sent = 0;
  for (std::uint64_t run = 0; run < 3; ++run) {
    REQUIRE(engine.run(engine.docker.start(*id, "")));
    web.pid = engine.run(engine.docker.inspect(*id))->pid;
    web.restart_count = run;
    collector.add(web);
    const std::uint64_t before = sent;
    sent = sent_after(collector, before + 10'000, restarts);
    CHECK(sent >= before + 10'000);
    // As a run lasts for less than 30 packets here, more would mean counted twice.
    CHECK(sent < before + 50'000);
    REQUIRE(engine.run(engine.docker.stop(*id, 5s)));
  }
  CHECK(restarts == 2U);
}

}  // namespace
