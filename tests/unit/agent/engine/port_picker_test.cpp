#include "agent/engine/port_picker.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/core_builders.hpp"

namespace longshore::engine {
namespace {

using Ports = std::vector<std::uint16_t>;

const core::PortMapping kOne{.container_port = 80};
const core::PortMapping kUdp{.container_port = 53, .protocol = "udp"};

core::PortMapping range_of(std::uint16_t length) {
  return {.container_port = 9000,
          .container_port_last = static_cast<std::uint16_t>(9000 + length - 1)};
}

/// A host whose ports 100 to 109 may be picked, and a task of two containers on it.
struct Host {
  TaskTable tasks{};
  std::set<HostPort> taken{};  ///< By others.
  int probes = 0;
  PortPicker picker{{100, 109}, tasks, [this](std::uint16_t port, bool udp) {
                      ++probes;
                      return !taken.contains({udp ? "udp" : "tcp", port});
                    }};
  core::TaskState task = test::task_of({test::container("web"), test::container("db")});
  ContainerKey web{task.spec->arn, 0};
  ContainerKey db{task.spec->arn, 1};

  Host() { tasks.insert(task); }

  /// The host ports for these mappings; none when there is no room.
  Ports bind(const ContainerKey& holder, const std::vector<core::PortMapping>& mappings) {
    Ports ports;
    const auto bindings = picker.bind(holder, mappings);
    if (!bindings) return ports;
    for (const auto& binding : *bindings) ports.push_back(binding.host_port);
    return ports;
  }
  void change(core::ContainerIndex container, const std::function<void(core::ContainerState&)>& f) {
    f(task.containers[container]);
    tasks.insert(task);
  }
};

}  // namespace

TEST_CASE("a request has one binding for each port, as named or as picked", "[unit][engine]") {
  Host host;
  const auto bindings = host.picker.bind(
      host.web, {{.container_port = 443, .host_port = 8443}, kUdp, range_of(3), kOne});
  REQUIRE(bindings);
  CHECK(*bindings == std::vector<runtime::PortBinding>{{443, 8443, "tcp"},
                                                       {53, 100, "udp"},
                                                       {9000, 101, "tcp"},
                                                       {9001, 102, "tcp"},
                                                       {9002, 103, "tcp"},
                                                       {80, 104, "tcp"}});
}

TEST_CASE("a mapping without a container port publishes nothing", "[unit][engine]") {
  Host host;
  CHECK(host.bind(host.web, {{}, {.host_port = 8080}, kOne}) == Ports{100});
}

TEST_CASE("ports that others listen on are passed over", "[unit][engine]") {
  Host host;
  host.taken = {{"tcp", 100}, {"udp", 101}};
  CHECK(host.bind(host.web, {kOne}) == Ports{101});
  CHECK(host.bind(host.db, {kUdp}) == Ports{102});
}

TEST_CASE("ports go round the range, so that one just left is not given again at once",
          "[unit][engine]") {
  Host host;
  Ports picked;
  for (int i = 0; i < 12; ++i) picked.push_back(host.bind(host.web, {kOne}).at(0));
  CHECK(picked == Ports{100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 100, 101});
}

TEST_CASE("a block begins anew behind every port that is taken", "[unit][engine]") {
  Host host;
  host.taken = {{"tcp", 101}, {"tcp", 104}};
  CHECK(host.bind(host.web, {range_of(3)}) == Ports{105, 106, 107});
  // Not across the end of the range: 108, 109 and 100 are no row.
  host.taken.clear();
  CHECK(host.bind(host.web, {range_of(3)}) == Ports{100, 101, 102});
  CHECK(host.bind(host.web, {range_of(10)}).size() == 10);
}

TEST_CASE("the one row that is left is found wherever the search begins", "[unit][engine]") {
  for (int begin = 0; begin < 10; ++begin) {
    for (std::uint16_t first = 100; first <= 107; ++first) {
      Host host;
      for (int i = 0; i < begin; ++i) host.bind(host.web, {kOne});
      host.taken.clear();
      for (std::uint16_t port = 100; port < 110; ++port) {
        if (port < first || port > first + 2) host.taken.insert({"tcp", port});
      }
      host.probes = 0;
      CHECK(host.bind(host.web, {range_of(3)}) == Ports{first,
                                                        static_cast<std::uint16_t>(first + 1),
                                                        static_cast<std::uint16_t>(first + 2)});
      CHECK(host.probes <= 13);
    }
  }
}

TEST_CASE("without room the cause is told as ECS users know it", "[unit][engine]") {
  Host host;
  host.taken = {{"tcp", 105}};
  auto refused = host.picker.bind(host.web, {range_of(6)});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == Error{ErrorCode::Unavailable,
                                 "error retrieving docker port map: 6 contiguous host ports are "
                                 "unavailable"});
  CHECK_FALSE(host.picker.bind(host.web, {range_of(11)}));
  for (std::uint16_t port = 100; port < 110; ++port) host.taken.insert({"udp", port});
  refused = host.picker.bind(host.web, {kUdp});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == Error{ErrorCode::Unavailable,
                                 "error retrieving docker port map: a host port is unavailable"});
}

TEST_CASE("what was picked is nobody else's until its container has stopped", "[unit][engine]") {
  Host host;
  CHECK(host.bind(host.web, {range_of(9)}).size() == 9);
  CHECK(host.bind(host.db, {kOne}) == Ports{109});
  CHECK(host.bind(host.web, {range_of(2)}) == Ports{100, 101});
  CHECK(host.bind(host.web, {range_of(9)}).size() == 9);
  CHECK(host.bind(host.db, {kOne, kOne}).empty());
  host.change(0, [](core::ContainerState& c) { c.phase = core::Phase::Stopped; });
  CHECK(host.bind(host.db, {range_of(10)}).size() == 10);
}

TEST_CASE("what a task holds without listening is not picked for another", "[unit][engine]") {
  Host host;
  core::ContainerSpec named = test::container("named");
  named.ports = {{.container_port = 80, .host_port = 100},
                 {.container_port = 53, .host_port = 101, .protocol = "udp"}};
  core::TaskState other = test::task_of({named, test::container("between_runs")});
  core::TaskSpec spec = *other.spec;
  spec.arn = TaskArn("other");
  other.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  other.containers[1].network_bindings = {{"0.0.0.0", 80, 102, "tcp"},
                                          {"0.0.0.0", 9000, 104, "tcp", 9002, 106}};
  host.tasks.insert(other);
  CHECK(host.bind(host.web, {kOne, kOne, kOne}) == Ports{101, 103, 107});

  for (auto& container : other.containers) container.phase = core::Phase::Stopped;
  host.tasks.insert(other);
  CHECK(host.bind(host.web, {range_of(10)}).size() == 10);
}

TEST_CASE("a task that is gone holds nothing", "[unit][engine]") {
  Host host;
  CHECK(host.bind(host.web, {range_of(10)}).size() == 10);
  host.tasks.erase(host.web.task);
  CHECK(host.bind({TaskArn("new"), 0}, {range_of(10)}).size() == 10);
}

TEST_CASE("the kernel's range makes sense", "[unit][engine]") {
  const HostPortRange range = kernel_port_range();
  CHECK(range.first >= 1024);
  CHECK(range.first <= range.last);
}

}  // namespace longshore::engine
