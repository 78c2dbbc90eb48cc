#include "agent/control/submission.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace longshore::control {
namespace {

using core::ReportedStatus;
using nlohmann::json;

constexpr WallTime kWhen{std::chrono::milliseconds(1732180500123)};

ReportedStatus to_status(const json& text) {
  if (text == "RUNNING") return ReportedStatus::Running;
  return text == "STOPPED" ? ReportedStatus::Stopped : ReportedStatus::Pending;
}

/// Puts numbers where the recording has words for what differs from run to run.
void fill_in(json& call) {
  for (const char* time : {"pullStartedAt", "pullStoppedAt", "executionStoppedAt"}) {
    if (call.contains(time)) call[time] = 1732180500.123;
  }
  if (!call.contains("containers")) return;
  for (json& container : call["containers"]) {
    if (!container.contains("networkBindings")) continue;
    for (json& binding : container["networkBindings"]) {
      if (binding["hostPort"] == "DYN") binding["hostPort"] = 32768;
    }
  }
}

/// The change that a recorded call reports.
core::TaskChange to_change(const json& call) {
  core::TaskChange change{
      .task = TaskArn(call["task"]), .status = to_status(call["status"]), .reason = call["reason"]};
  if (call.contains("pullStartedAt")) change.pull_started_at = kWhen;
  if (call.contains("pullStoppedAt")) change.pull_stopped_at = kWhen;
  if (call.contains("executionStoppedAt")) change.execution_stopped_at = kWhen;
  for (const json& wire : call.value("containers", json::array())) {
    core::ContainerChange container{.name = ContainerName(wire["containerName"]),
                                    .status = to_status(wire["status"]),
                                    .runtime_id = ContainerId(wire.value("runtimeId", "")),
                                    .image_digest = wire.value("imageDigest", ""),
                                    .reason = wire.value("reason", "")};
    if (wire.contains("exitCode")) container.exit_code = wire["exitCode"].get<int>();
    for (const json& binding : wire.value("networkBindings", json::array())) {
      container.network_bindings.push_back({.bind_ip = binding["bindIP"],
                                            .container_port = binding["containerPort"],
                                            .host_port = binding["hostPort"],
                                            .protocol = binding["protocol"]});
    }
    change.containers.push_back(std::move(container));
  }
  return change;
}

core::TaskChange with_bindings(std::vector<core::NetworkBinding> bindings) {
  return {.containers = {{.name = ContainerName("c"), .network_bindings = std::move(bindings)}}};
}

json container_of(const core::TaskChange& change, bool exclude_ipv6) {
  return to_submit_request(change, "bench", exclude_ipv6).to_json()["containers"][0];
}

}  // namespace

TEST_CASE("reports equal those recorded from the official agent", "[unit][control]") {
  int compared = 0;
  const std::filesystem::path folder = std::string(LONGSHORE_TEST_DATA) + "/golden";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    for (json call : json::parse(file).value("submitted", json::array())) {
      fill_in(call);
      const json ours = to_submit_request(to_change(call), "bench", true).to_json();
      INFO(entry.path());
      CHECK(ours == call);
      ++compared;
    }
  }
  CHECK(compared >= 10);
}

TEST_CASE("a binding of :: is left out by default, and so is a list without any",
          "[unit][control]") {
  const auto change = with_bindings({{"0.0.0.0", 80, 32768, "tcp"}, {"::", 80, 32768, "tcp"}});
  CHECK(container_of(change, true)["networkBindings"] == json::array({{{"bindIP", "0.0.0.0"},
                                                                       {"containerPort", 80},
                                                                       {"hostPort", 32768},
                                                                       {"protocol", "tcp"}}}));
  CHECK_FALSE(
      container_of(with_bindings({{"::", 80, 32768, "tcp"}}), true).contains("networkBindings"));
}

TEST_CASE("without the filter every binding is sent, and an empty list too", "[unit][control]") {
  const auto change = with_bindings({{"0.0.0.0", 80, 32768, "tcp"}, {"::", 80, 32768, "tcp"}});
  CHECK(container_of(change, false)["networkBindings"].size() == 2);
  CHECK(container_of(with_bindings({}), false)["networkBindings"] == json::array());
}

TEST_CASE("a range of ports is one entry for each address", "[unit][control]") {
  const auto change = with_bindings({{"0.0.0.0", 53, 32768, "udp"},
                                     {"0.0.0.0", 9000, 40000, "tcp", 9004, 40004},
                                     {"::", 9000, 40000, "tcp", 9004, 40004}});
  const json single{
      {"bindIP", "0.0.0.0"}, {"containerPort", 53}, {"hostPort", 32768}, {"protocol", "udp"}};
  json range{{"bindIP", "0.0.0.0"},
             {"containerPortRange", "9000-9004"},
             {"hostPortRange", "40000-40004"},
             {"protocol", "tcp"}};
  CHECK(container_of(change, true)["networkBindings"] == json::array({single, range}));
  json range_v6 = range;
  range_v6["bindIP"] = "::";
  CHECK(container_of(change, false)["networkBindings"] == json::array({single, range, range_v6}));
}

TEST_CASE("no container has more than 100 bindings", "[unit][control]") {
  std::vector<core::NetworkBinding> many;
  for (std::uint16_t port = 1; port <= 101; ++port) many.push_back({"0.0.0.0", port, port, "tcp"});
  const json bindings = container_of(with_bindings(many), true)["networkBindings"];
  CHECK(bindings.size() == 100);
  CHECK(bindings[99]["containerPort"] == 100);
  // What is left out anyway takes nobody's place.
  many.insert(many.begin(), 100, {"::", 1, 1, "tcp"});
  CHECK(container_of(with_bindings(many), true)["networkBindings"] == bindings);
}

}  // namespace longshore::control
