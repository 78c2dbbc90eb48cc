#include "agent/core/host_resources.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "tests/support/core_builders.hpp"

using longshore::core::ContainerKind;
using longshore::core::ContainerSpec;
using longshore::core::kMostOfOneTask;
using longshore::core::need_of;
using longshore::core::PortMapping;
using longshore::core::ResourceNeed;
using longshore::core::TaskSpec;
using longshore::test::container;

namespace {

ContainerSpec sized(std::string name, std::int64_t cpu_units, std::int64_t memory_mib,
                    std::int64_t reservation_mib = 0) {
  ContainerSpec c = container(std::move(name));
  c.cpu_units = cpu_units;
  c.memory_mib = memory_mib;
  c.memory_reservation_mib = reservation_mib;
  return c;
}

TaskSpec task_with(std::vector<ContainerSpec> containers) {
  TaskSpec task;
  task.containers = std::move(containers);
  return task;
}

}  // namespace

TEST_CASE("a task without sizes of its own needs the sum of its containers", "[unit][core]") {
  const ResourceNeed need = need_of(task_with({sized("a", 256, 300), sized("b", 512, 200)}));
  CHECK(need.cpu_units == 768);
  CHECK(need.memory_mib == 500);
}

TEST_CASE("a container counts what it reserves rather than its limit", "[unit][core]") {
  CHECK(need_of(task_with({sized("a", 0, 1024, 128), sized("b", 0, 64)})).memory_mib == 192);
  CHECK(need_of(task_with({sized("a", 0, 0, 128)})).memory_mib == 128);
}

TEST_CASE("a task's own sizes count in place of its containers'", "[unit][core]") {
  TaskSpec task = task_with({sized("a", 256, 300), sized("b", 512, 200)});
  task.cpu_vcpus = 0.25;
  CHECK(need_of(task).cpu_units == 256);
  CHECK(need_of(task).memory_mib == 500);
  task.memory_mib = 100;
  CHECK(need_of(task).memory_mib == 100);
}

TEST_CASE("only ports that the task names count, each once and by protocol", "[unit][core]") {
  ContainerSpec web = container("web");
  web.ports = {PortMapping{.container_port = 80, .host_port = 8080},
               PortMapping{.container_port = 81, .host_port = 0},
               PortMapping{.container_port = 90, .host_port = 0, .container_port_last = 99},
               PortMapping{.container_port = 53, .host_port = 5353, .protocol = "udp"}};
  ContainerSpec second = container("second");
  second.ports = {PortMapping{.container_port = 80, .host_port = 8080}};
  const ResourceNeed need = need_of(task_with({web, second}));
  CHECK(need.tcp_ports == std::set<std::uint16_t>{8080});
  CHECK(need.udp_ports == std::set<std::uint16_t>{5353});
}

TEST_CASE("our own pause container counts nothing", "[unit][core]") {
  ContainerSpec pause = sized("~internal", 128, 64);
  pause.kind = ContainerKind::NamespacePause;
  pause.ports = {PortMapping{.container_port = 80, .host_port = 8080}};
  CHECK(need_of(task_with({pause})) == ResourceNeed{});
}

TEST_CASE("sizes from outside cannot overflow or become negative", "[unit][core]") {
  constexpr auto kHuge = std::numeric_limits<std::int64_t>::max();
  const ResourceNeed sum = need_of(task_with({sized("a", kHuge, kHuge), sized("b", kHuge, kHuge)}));
  CHECK(sum.cpu_units == kMostOfOneTask);
  CHECK(sum.memory_mib == kMostOfOneTask);
  CHECK(need_of(task_with({sized("a", -5, -5)})) == ResourceNeed{});

  TaskSpec task = task_with({});
  task.memory_mib = kHuge;
  for (const double odd :
       {1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    task.cpu_vcpus = odd;
    CHECK(need_of(task).cpu_units == kMostOfOneTask);
    CHECK(need_of(task).memory_mib == kMostOfOneTask);
  }
  task.cpu_vcpus = -1;
  CHECK(need_of(task).cpu_units == 0);
}
