#include "metrics/collector.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

#include "agent/base/spawn.hpp"
#include "tests/component/metrics/fake_host.hpp"
#include "tests/support/fake_clock.hpp"

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;
using testing::FakeClock;
using testing::FakeHost;
using testing::FakeUsage;

namespace {

constexpr std::uint64_t kMib = 1U << 20U;

WatchedContainer container(const std::string& id, int pid, const std::string& network = "bridge") {
  return {.id = ContainerId{id},
          .task = {.arn = TaskArn{"arn:task/" + id}, .family = "shop", .version = "1"},
          .name = ContainerName{"web"},
          .pid = pid,
          .network_mode = network};
}

CollectorSettings on(const FakeHost& host) { return {.proc = host.proc(), .cpu_count = 2}; }

ContainerStats only_stats(Collector& collector) {
  const auto report = collector.collect();
  REQUIRE(report);
  REQUIRE(report->tasks.size() == 1);
  REQUIRE(report->tasks[0].containers.size() == 1);
  return report->tasks[0].containers[0].stats;
}

}  // namespace

TEST_CASE("a container's use is read from the kernel's files", "[component][metrics]") {
  const int version = GENERATE(1, 2);
  CAPTURE(version);
  const FakeHost host(version);
  FakeClock clock;
  host.set(10, "aa",
           {.cpu_ns = 1'000'000'000,
            .memory_bytes = 50 * kMib,
            .cache_bytes = 10 * kMib,
            .read_bytes = 100,
            .write_bytes = 200,
            .rx_bytes = 300,
            .tx_bytes = 400});
  Collector collector(clock, host.mounts(), on(host));
  collector.add(container("aa", 10));
  clock.advance(2s);
  host.set(10, "aa",
           {.cpu_ns = 2'000'000'000,
            .memory_bytes = 60 * kMib,
            .cache_bytes = 10 * kMib,
            .read_bytes = 101,
            .write_bytes = 202,
            .rx_bytes = 500,
            .tx_bytes = 800});
  collector.sample();

  const ContainerStats stats = only_stats(collector);
  CHECK(stats.cpu_percent == DoubleStats{.min = 25, .max = 25, .sum = 25, .sample_count = 1});
  CHECK(stats.memory_mib == DoubleStats{.min = 40, .max = 50, .sum = 90, .sample_count = 2});
  CHECK(stats.read_bytes == CounterStats{.min = 100, .max = 101, .sum = 201, .sample_count = 2});
  CHECK(stats.write_bytes == CounterStats{.min = 200, .max = 202, .sum = 402, .sample_count = 2});
  REQUIRE(stats.network);
  CHECK(stats.network->rx_bytes.max == 500);
  CHECK(stats.network->rx_bytes_per_second.max == Approx(100));
  CHECK(stats.network->tx_bytes_per_second.max == Approx(200));
  CHECK_FALSE(stats.restarts);
}

TEST_CASE("a container with the network of the host or of another one counts none as its own",
          "[component][metrics]") {
  const auto [mode, expected] = GENERATE(table<std::string, bool>({{"bridge", true},
                                                                   {"shop", true},
                                                                   {"host", false},
                                                                   {"none", false},
                                                                   {"container:4f", false}}));
  CAPTURE(mode);
  const FakeHost host(1);
  FakeClock clock;
  host.set(10, "aa", {});
  Collector collector(clock, host.mounts(), on(host));
  collector.add(container("aa", 10, mode));
  clock.advance(1s);
  collector.sample();
  CHECK(only_stats(collector).network.has_value() == expected);
}

TEST_CASE("a container restarted in place goes on counting", "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  Collector collector(clock, host.mounts(), on(host));
  WatchedContainer web = container("aa", 10);
  web.restart_count = 0;
  host.set(10, "aa", {.cpu_ns = 10'000'000'000, .read_bytes = 1000, .rx_bytes = 1000});
  collector.add(web);
  clock.advance(1s);

  host.end(10);
  host.set(11, "aa", {.cpu_ns = 0, .read_bytes = 5, .rx_bytes = 0});
  web.pid = 11;
  web.restart_count = 1;
  collector.add(web);
  clock.advance(1s);
  host.set(11, "aa", {.cpu_ns = 1'000'000'000, .read_bytes = 50, .rx_bytes = 70});
  collector.sample();

  const ContainerStats stats = only_stats(collector);
  CHECK(stats.restarts == 1U);
  CHECK(stats.read_bytes == CounterStats{.min = 1000, .max = 1050, .sum = 3055, .sample_count = 3});
  CHECK(stats.cpu_percent == DoubleStats{.min = 0, .max = 50, .sum = 50, .sample_count = 2});
  REQUIRE(stats.network);
  CHECK(stats.network->rx_bytes.max == 1070);
}

TEST_CASE("many restarts in a row add up, and each is told once", "[component][metrics]") {
  const FakeHost host(GENERATE(1, 2));
  FakeClock clock;
  Collector collector(clock, host.mounts(), on(host));
  WatchedContainer web = container("aa", 10);
  web.restart_count = 0;
  host.set(10, "aa", {});
  collector.add(web);
  std::vector<std::uint64_t> restarts;
  for (int run = 1; run <= 6; ++run) {
    // Each run uses half a second of CPU and reads 100 bytes by its last sample.
    host.set(web.pid, "aa", {.cpu_ns = 500'000'000, .read_bytes = 100, .rx_bytes = 10});
    clock.advance(1s);
    collector.sample();
    host.end(web.pid);
    web.pid = 10 + run;
    web.restart_count = static_cast<std::uint64_t>(run);
    host.set(web.pid, "aa", {});
    clock.advance(1s);
    collector.add(web);
    if (run % 3 != 0) continue;
    const ContainerStats stats = only_stats(collector);
    REQUIRE(stats.restarts);
    restarts.push_back(*stats.restarts);
    CHECK(stats.read_bytes.max == 100U * static_cast<unsigned>(run));
    CHECK(stats.cpu_percent.min == 0);
    CHECK(stats.cpu_percent.max == Approx(25));
    REQUIRE(stats.network);
    CHECK(stats.network->rx_bytes.max == 10U * static_cast<unsigned>(run));
  }
  CHECK(restarts == std::vector<std::uint64_t>{3, 3});
}

TEST_CASE("late news of an ended process does not disturb the run that goes on",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  Collector collector(clock, host.mounts(), on(host));
  WatchedContainer web = container("aa", 10);
  web.restart_count = 0;
  host.set(10, "aa", {.read_bytes = 100});
  collector.add(web);
  host.end(10);
  WatchedContainer next = web;
  next.pid = 11;
  next.restart_count = 1;
  host.set(11, "aa", {.read_bytes = 5});
  clock.advance(1s);
  collector.add(next);
  clock.advance(1s);
  collector.add(web);
  clock.advance(1s);
  host.set(11, "aa", {.read_bytes = 6});
  collector.sample();
  const ContainerStats stats = only_stats(collector);
  CHECK(stats.read_bytes.max == 106);
  CHECK(stats.read_bytes.sample_count == 3);  // The late news brought none.
  CHECK(stats.restarts == 1U);
}

TEST_CASE("watching the same process again changes nothing but what is known of it",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  host.set(10, "aa", {.cpu_ns = 0, .read_bytes = 100});
  Collector collector(clock, host.mounts(), on(host));
  collector.add(container("aa", 10));
  WatchedContainer again = container("aa", 10);
  again.health_check = true;
  // Right after a burst: a sample now would make it a rate of its own.
  clock.advance(10ms);
  host.set(10, "aa", {.cpu_ns = 10'000'000, .read_bytes = 100});
  collector.add(again);
  CHECK(collector.collect_health().size() == 1);
  CHECK_FALSE(collector.collect());
  clock.advance(1990ms);
  collector.sample();
  const ContainerStats stats = only_stats(collector);
  CHECK(stats.read_bytes == CounterStats{.min = 100, .max = 100, .sum = 200, .sample_count = 2});
  CHECK(stats.cpu_percent.max == Approx(0.25));
  CHECK(stats.cpu_percent.sample_count == 1);
}

TEST_CASE("a container that ended gives no more samples and disturbs no other",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  host.set(10, "aa", {});
  host.set(20, "bb", {});
  Collector collector(clock, host.mounts(), on(host));
  collector.add(container("aa", 10));
  collector.add(container("bb", 20));
  host.end(10);
  for (int i = 0; i < 2; ++i) {
    clock.advance(1s);
    collector.sample();
    host.set(10, "zz", {});  // The number is taken by a process of something else.
  }
  const auto report = collector.collect();
  REQUIRE(report);
  REQUIRE(report->tasks.size() == 1);
  CHECK(report->tasks[0].task.arn == TaskArn{"arn:task/bb"});
  CHECK(report->tasks[0].containers[0].stats.memory_mib.sample_count == 3);
}

TEST_CASE("a file that says nonsense costs that container's sample only", "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  host.set(10, "aa", {});
  host.set(20, "bb", {});
  Collector collector(clock, host.mounts(), on(host));
  collector.add(container("aa", 10));
  collector.add(container("bb", 20));
  host.damage("aa");
  clock.advance(1s);
  collector.sample();
  REQUIRE(collector.collect()->tasks.size() == 1);
  host.set(10, "aa", {});
  clock.advance(1s);
  collector.sample();
  CHECK(collector.collect()->tasks.size() == 2);
}

TEST_CASE("an empty host is idle, one without statistics yet has nothing to say",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  Collector collector(clock, host.mounts(), on(host));
  REQUIRE(collector.collect());
  CHECK(collector.collect()->idle);
  host.set(10, "aa", {});
  collector.add(container("aa", 10));
  CHECK_FALSE(collector.collect());
  clock.advance(1s);
  collector.sample();
  CHECK_FALSE(collector.collect()->idle);
  CHECK_FALSE(collector.collect());  // Collected once already.
  collector.remove(ContainerId{"aa"});
  CHECK(collector.collect()->idle);
}

TEST_CASE("a host whose containers are not known yet is not idle, unless metrics are off",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  bool live = true;
  CollectorSettings settings = on(host);
  settings.are_tasks_live = [&] { return live; };
  SECTION("with metrics") {
    Collector collector(clock, host.mounts(), settings);
    CHECK_FALSE(collector.collect());
    live = false;
    REQUIRE(collector.collect());
    CHECK(collector.collect()->idle);
  }
  SECTION("without") {
    settings.metrics = false;
    Collector collector(clock, host.mounts(), settings);
    REQUIRE(collector.collect());
    CHECK(collector.collect()->idle);
  }
}

TEST_CASE("tasks come in the order of their ARNs, containers in that of their names",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  Collector collector(clock, host.mounts(), on(host));
  int pid = 10;
  for (const auto& [id, task, name] : std::vector<std::array<std::string, 3>>{
           {"aa", "t2", "web"}, {"bb", "t1", "side"}, {"cc", "t1", "app"}}) {
    host.set(++pid, id, {});
    WatchedContainer watched = container(id, pid);
    watched.task.arn = TaskArn{task};
    watched.name = ContainerName{name};
    collector.add(watched);
  }
  clock.advance(1s);
  collector.sample();
  const auto report = collector.collect();
  REQUIRE(report);
  REQUIRE(report->tasks.size() == 2);
  CHECK(report->tasks[0].task.arn == TaskArn{"t1"});
  REQUIRE(report->tasks[0].containers.size() == 2);
  CHECK(report->tasks[0].containers[0].name == ContainerName{"app"});
  CHECK(report->tasks[0].containers[1].name == ContainerName{"side"});
}

TEST_CASE("health is reported with the time it changed", "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  Collector collector(clock, host.mounts(), on(host));
  host.set(10, "aa", {});
  collector.add(container("aa", 10));
  CHECK(collector.collect_health().empty());

  WatchedContainer checked = container("aa", 10);
  checked.health_check = true;
  collector.add(checked);
  const auto health = [&] { return collector.collect_health().at(0).containers.at(0); };
  CHECK(health().status == ContainerHealthStatus::Unknown);
  clock.advance(5s);
  CHECK(health().since == clock.wall_now());  // Nothing known yet: now.

  collector.set_health(checked.id, runtime::HealthStatus::Starting);
  CHECK(health().status == ContainerHealthStatus::Unknown);
  const WallTime changed = clock.wall_now();
  collector.set_health(checked.id, runtime::HealthStatus::Healthy);
  clock.advance(5s);
  collector.set_health(checked.id, runtime::HealthStatus::Healthy);
  CHECK(health().status == ContainerHealthStatus::Healthy);
  CHECK(health().since == changed);
  collector.set_health(checked.id, runtime::HealthStatus::Unhealthy);
  CHECK(health().status == ContainerHealthStatus::Unhealthy);
  CHECK(health().since == clock.wall_now());
  collector.set_health(ContainerId{"unknown"}, runtime::HealthStatus::Healthy);
  collector.remove(checked.id);
  CHECK(collector.collect_health().empty());
}

TEST_CASE("with metrics off the host counts as idle and health is still reported",
          "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  Collector collector(clock, host.mounts(), {.metrics = false, .proc = host.proc()});
  host.set(10, "aa", {});
  WatchedContainer checked = container("aa", 10);
  checked.health_check = true;
  collector.add(checked);
  clock.advance(1s);
  collector.sample();
  REQUIRE(collector.collect());
  CHECK(collector.collect()->idle);
  CHECK(collector.collect_health().size() == 1);
}

TEST_CASE("samples are taken at the set interval", "[component][metrics]") {
  const FakeHost host(1);
  FakeClock clock;
  boost::asio::io_context io;
  host.set(10, "aa", {});
  CollectorSettings settings = on(host);
  settings.interval = 2s;
  Collector collector(clock, host.mounts(), settings);
  collector.add(container("aa", 10));
  spawn(io.get_executor(), "sampling", collector.run());
  clock.advance(io, 20s);
  CHECK(only_stats(collector).memory_mib.sample_count == 12);  // By add, at 0 s, 2 s, …, 20 s.
  clock.advance(60s);  // The host slept: one sample makes up for all that were missed.
  clock.advance(io, 0s);
  CHECK(only_stats(collector).memory_mib.sample_count <= 2);
}
