#include "agent/engine/observation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/core_builders.hpp"

namespace longshore::engine {
namespace {

using Bindings = std::vector<core::NetworkBinding>;
using Ports = std::vector<runtime::PortBinding>;

/// Ports first to last of a container, bound from host_port on.
Ports in_row(std::uint16_t first, std::uint16_t last, std::uint16_t host_port,
             const std::string& ip = "0.0.0.0", const std::string& protocol = "tcp") {
  Ports ports;
  for (std::uint16_t port = first; port <= last; ++port, ++host_port) {
    ports.push_back({port, host_port, protocol, ip});
  }
  return ports;
}

Ports joined(std::initializer_list<Ports> lists) {
  Ports all;
  for (const Ports& ports : lists) all.insert(all.end(), ports.begin(), ports.end());
  return all;
}

Bindings seen(const Ports& ports, const std::vector<core::PortMapping>& mappings) {
  return to_observation({.ports = ports}, mappings).network_bindings;
}

const core::PortMapping kRange{.container_port = 9000, .container_port_last = 9002};

TEST_CASE("a container's state is told to the core as the engine showed it", "[unit][engine]") {
  runtime::ContainerState state{.alive = true,
                                .exit_code = 3,
                                .started_at = test::kNoon,
                                .health = runtime::HealthStatus::Healthy,
                                .ports = {{80, 32768, "udp", "0.0.0.0"}}};
  auto seen = to_observation(state, {{.container_port = 80, .protocol = "udp"}});
  CHECK(seen.alive);
  CHECK(seen.has_run);
  CHECK(seen.exit == core::Exit{});
  CHECK(seen.health == core::Health::Healthy);
  CHECK(seen.started_at == test::kNoon);
  CHECK(seen.network_bindings == Bindings{{"0.0.0.0", 80, 32768, "udp"}});

  state.alive = false;
  state.oom_killed = true;
  state.error = "words";
  seen = to_observation(state, {});
  CHECK_FALSE(seen.alive);
  CHECK(seen.has_run);
  CHECK(seen.exit == core::Exit{.code = 3, .out_of_memory = true, .error = "words"});

  seen = to_observation({}, {});
  CHECK_FALSE(seen.alive);
  CHECK_FALSE(seen.has_run);
  CHECK_FALSE(seen.exit.code);
}

TEST_CASE("a health check that has not decided yet is unknown", "[unit][engine]") {
  CHECK(to_health(runtime::HealthStatus::None) == core::Health::Unknown);
  CHECK(to_health(runtime::HealthStatus::Starting) == core::Health::Unknown);
  CHECK(to_health(runtime::HealthStatus::Healthy) == core::Health::Healthy);
  CHECK(to_health(runtime::HealthStatus::Unhealthy) == core::Health::Unhealthy);
}

TEST_CASE("a range that was asked for is one binding for each address", "[unit][engine]") {
  Ports ports =
      joined({in_row(9000, 9002, 40000), in_row(80, 80, 8080), in_row(9000, 9002, 40000, "::")});
  const Bindings expected{{"0.0.0.0", 80, 8080, "tcp"},
                          {"0.0.0.0", 9000, 40000, "tcp", 9002, 40002},
                          {"::", 9000, 40000, "tcp", 9002, 40002}};
  CHECK(seen(ports, {{.container_port = 80}, kRange}) == expected);
  // The engine's own order is by text, which puts port 10000 before 9999.
  std::rotate(ports.begin(), ports.begin() + 1, ports.begin() + 3);
  CHECK(seen(ports, {{.container_port = 80}, kRange}) == expected);
}

TEST_CASE("ports that the task does not map are not told", "[unit][engine]") {
  const Ports ports = joined({in_row(80, 81, 8080), in_row(9000, 9003, 40000)});
  CHECK(seen(ports, {}).empty());
  CHECK(seen(ports, {{}}).empty());
  CHECK(seen(ports, {{.container_port = 81}}) == Bindings{{"0.0.0.0", 81, 8081, "tcp"}});
  CHECK(seen(ports, {kRange}) == Bindings{{"0.0.0.0", 9000, 40000, "tcp", 9002, 40002}});
}

TEST_CASE("a port that is mapped is told under every protocol", "[unit][engine]") {
  const Ports ports = joined({in_row(53, 53, 8053), in_row(53, 53, 8054, "0.0.0.0", "udp")});
  CHECK(seen(ports, {{.container_port = 53}}).size() == 2);
}

TEST_CASE("ports that nobody asked for as a range stay single", "[unit][engine]") {
  const Ports ports = in_row(9000, 9002, 40000);
  CHECK(seen(ports, {{.container_port = 9000}, {.container_port = 9001}}).size() == 2);
  core::PortMapping udp = kRange;
  udp.protocol = "udp";
  CHECK(seen(ports, {udp}).size() == 3);
}

TEST_CASE("a range that is not there whole and in a row stays single", "[unit][engine]") {
  CHECK(seen(in_row(9000, 9001, 40000), {kRange}).size() == 2);
  CHECK(seen(joined({in_row(9000, 9001, 40000), in_row(9002, 9002, 50000)}), {kRange}).size() == 3);
  CHECK(
      seen(joined({in_row(9000, 9001, 40000), in_row(9002, 9002, 40002, "::")}), {kRange}).size() ==
      3);
}

TEST_CASE("a range of one port is still a range", "[unit][engine]") {
  const core::PortMapping one{.container_port = 80, .container_port_last = 80};
  CHECK(seen(in_row(80, 80, 40000), {one}) == Bindings{{"0.0.0.0", 80, 40000, "tcp", 80, 40000}});
}

TEST_CASE("a port that is published twice is in the range and beside it", "[unit][engine]") {
  const Ports ports = joined({in_row(9001, 9001, 8080), in_row(9000, 9002, 40000)});
  CHECK(seen(ports, {{.container_port = 9001, .host_port = 8080}, kRange}) ==
        Bindings{{"0.0.0.0", 9001, 8080, "tcp"}, {"0.0.0.0", 9000, 40000, "tcp", 9002, 40002}});
}

}  // namespace
}  // namespace longshore::engine
