#include "agent/app/links.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <optional>

#include "metrics/collector.hpp"
#include "tests/component/metrics/fake_host.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/support/fake_clock.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;

/// A collector that is told of the engine's containers.
struct Measured {
  Measured() { link_metrics(links, collector); }

  std::optional<std::uint64_t> restarts() {
    clock.advance(1s);
    collector.sample();
    const auto report = collector.collect();
    REQUIRE(report);
    REQUIRE(report->tasks.size() == 1);
    return report->tasks[0].containers[0].stats.restarts;
  }
  metrics::ContainerHealthStatus health() const {
    const auto tasks = collector.collect_health();
    REQUIRE(tasks.size() == 1);
    return tasks[0].containers[0].status;
  }

  testing::FakeHost host{1};
  testing::FakeClock clock{};
  metrics::Collector collector{clock, host.mounts(), {.proc = host.proc(), .cpu_count = 2}};
  engine::EngineLinks links{};
  engine::RunningContainer web{.id = ContainerId{"aa"},
                               .task = TaskArn{"arn:task/one"},
                               .name = ContainerName{"web"},
                               .network_mode = "bridge",
                               .has_health_check = true,
                               .pid = 10};
};

TEST_CASE("restarts are measured of containers with a policy, and of no others",
          "[component][app]") {
  Measured measured;
  measured.host.set(10, "aa", {});
  measured.web.has_restart_policy = GENERATE(true, false);
  measured.links.container_running(measured.web);
  measured.host.end(10);
  measured.host.set(11, "aa", {});
  measured.web.pid = 11;
  measured.web.restart_count = 1;
  measured.links.container_running(measured.web);
  const auto expected =
      measured.web.has_restart_policy ? std::optional<std::uint64_t>(1) : std::nullopt;
  CHECK(measured.restarts() == expected);
}

TEST_CASE("tasks count as live while a container runs or is being stopped", "[component][app]") {
  engine::TaskTable tasks;
  CHECK_FALSE(has_running_containers(tasks));
  core::TaskState task = test::task_of({test::container("web"), test::container("side")});
  const auto [phase, live] = GENERATE(table<core::Phase, bool>({{core::Phase::Waiting, false},
                                                                {core::Phase::Creating, false},
                                                                {core::Phase::Running, true},
                                                                {core::Phase::Stopping, true},
                                                                {core::Phase::Stopped, false}}));
  task.containers[1].phase = phase;
  tasks.insert(task);
  CHECK(has_running_containers(tasks) == live);
}

TEST_CASE("a container's health is known from the first look at it", "[component][app]") {
  Measured measured;
  measured.host.set(10, "aa", {});
  measured.web.health = core::Health::Healthy;
  measured.links.container_running(measured.web);
  CHECK(measured.health() == metrics::ContainerHealthStatus::Healthy);
  measured.links.health_changed(measured.web.id, core::Health::Unhealthy, {});
  CHECK(measured.health() == metrics::ContainerHealthStatus::Unhealthy);
  // Restarted in place: its check begins anew.
  measured.web.health = core::Health::Unknown;
  measured.web.pid = 11;
  measured.links.container_running(measured.web);
  CHECK(measured.health() == metrics::ContainerHealthStatus::Unknown);
  measured.links.container_stopped(measured.web.id);
  CHECK(measured.collector.collect_health().empty());
}

}  // namespace
}  // namespace longshore::app
