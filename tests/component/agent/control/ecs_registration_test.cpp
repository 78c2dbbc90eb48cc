#include <catch2/catch.hpp>
#include <optional>

#include "broken_api.hpp"
#include "loopback_cluster.hpp"

namespace longshore::control {
namespace {

using testing::LoopbackCluster;
using namespace std::chrono_literals;

Registration known_host() {
  return {.known_arn = ContainerInstanceArn("known"), .client_token = "token"};
}

Registration host() {
  return {.attributes = {{.name = "ecs.os-type", .value = "linux"}},
          .resources = {.cpu_units = 1024, .memory_mib = 100},
          .client_token = "token"};
}

std::vector<net::HttpResponse> times(int count, const net::HttpResponse& response) {
  return std::vector<net::HttpResponse>(static_cast<std::size_t>(count), response);
}

const net::HttpResponse kThrottled = LoopbackCluster::error("ThrottlingException", "slow down");
const net::HttpResponse kNoCluster =
    LoopbackCluster::error("ClientException", "Cluster not found.");

/// A registration that runs while the test moves time.
struct Attempt {
  explicit Attempt(LoopbackCluster& cluster) {
    spawn(cluster.io.get_executor(), "register",
          [](LoopbackCluster& c, Attempt& self) -> boost::asio::awaitable<void> {
            self.result.emplace(co_await c.ecs.register_container_instance(host()));
          }(cluster, *this));
  }
  std::optional<RegistrationResult> result{};
};

}  // namespace

TEST_CASE("a host registers and learns its identity and zone", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  const auto registered = cluster.run(cluster.ecs.register_container_instance(host()));
  REQUIRE(registered);
  CHECK(registered->arn.str() == "instance-arn");
  CHECK(registered->availability_zone == "us-west-2a");
  CHECK(cluster.api.at(0).body["cluster"] == "bench");
}

TEST_CASE("throttling is waited out, from 3 s on", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  cluster.answer("RegisterContainerInstance", times(2, kThrottled));
  const Attempt attempt(cluster);
  cluster.run_until([&] { return cluster.clock.sleepers() == 1; });
  cluster.clock.advance(2999ms);
  cluster.settle();
  CHECK(cluster.api.size() == 1);
  cluster.clock.advance(1ms);
  cluster.run_until([&] { return cluster.api.size() == 2 && cluster.clock.sleepers() == 1; });
  cluster.clock.advance(6s);
  cluster.run_until([&] { return attempt.result.has_value(); });
  CHECK(attempt.result->has_value());
  // With one token, so that a try whose answer was lost made no instance of its own.
  for (const auto& call : cluster.api) CHECK(call.body["clientToken"] == "token");
}

TEST_CASE("an hour of throttling is a reason to start over", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  cluster.answer("RegisterContainerInstance", times(1000, kThrottled));
  const Attempt attempt(cluster);
  const auto begin = cluster.clock.steady_now();
  while (!attempt.result) {
    cluster.run_until([&] { return attempt.result || cluster.clock.sleepers() == 1; });
    if (!attempt.result) cluster.clock.advance(192s);
  }
  REQUIRE_FALSE(attempt.result->has_value());
  CHECK(attempt.result->error().kind == RegistrationFailureKind::Restart);
  CHECK(cluster.clock.steady_now() - begin <= 1h + 192s);
  CHECK(cluster.clock.steady_now() - begin >= 50min);
}

TEST_CASE("a refusal ends the agent for good, at once", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  cluster.answer("RegisterContainerInstance", {kNoCluster});
  const auto result = cluster.run(cluster.ecs.register_container_instance(host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == RegistrationFailureKind::Terminal);
  CHECK(cluster.calls("CreateCluster").empty());
  CHECK(cluster.api.size() == 1);
}

TEST_CASE("what may pass ends the agent for a restart", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  cluster.answer("RegisterContainerInstance", {LoopbackCluster::error("AccessDeniedException")});
  const auto result = cluster.run(cluster.ecs.register_container_instance(host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == RegistrationFailureKind::Restart);
}

TEST_CASE("an unreadable answer ends the agent for a restart", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  cluster.answer("RegisterContainerInstance", {{.status = 200, .body = "{}"}});
  const auto result = cluster.run(cluster.ecs.register_container_instance(host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == RegistrationFailureKind::Restart);
  CHECK_THAT(result.error().error.message, Catch::Contains("containerInstance: required"));
}

TEST_CASE("a host that registers again leaves repeating to its caller", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"}, 3);
  cluster.answer("RegisterContainerInstance",
                 times(2, LoopbackCluster::error("InternalFailure", "", 500)));
  const auto result = cluster.run(cluster.ecs.register_container_instance(known_host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == RegistrationFailureKind::Restart);
  CHECK(cluster.api.size() == 1);
  // A new host repeats, after a wait that only the test's time would end.
  cluster.random = 0.5;
  const Attempt attempt(cluster);
  cluster.run_until([&] { return cluster.clock.sleepers() == 1; });
  CHECK_FALSE(attempt.result);
}

TEST_CASE("a host that registers again and gets no answer is told so after one call",
          "[component][control]") {
  const char* const name = GENERATE("bench", "");
  testing::BrokenApi api;
  LoopbackCluster cluster({.endpoint_url = api.url(), .cluster = name}, 3);
  const auto result = cluster.run(cluster.ecs.register_container_instance(known_host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == RegistrationFailureKind::Restart);
  CHECK_FALSE(result.error().unreachable);
  CHECK(api.calls() == 1);
}

TEST_CASE("a host that registers again while the link is down may try again soon",
          "[component][control]") {
  LoopbackCluster cluster({.endpoint_url = "http://127.0.0.1:1", .cluster = "bench"}, 3);
  const auto result = cluster.run(cluster.ecs.register_container_instance(known_host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().unreachable);
}

TEST_CASE("without a configured cluster the default one is made", "[component][control]") {
  LoopbackCluster cluster;
  cluster.answer("RegisterContainerInstance", {kNoCluster});
  const auto registered = cluster.run(cluster.ecs.register_container_instance(host()));
  REQUIRE(registered);
  REQUIRE(cluster.api.size() == 3);
  CHECK(cluster.api[0].body["cluster"] == "default");
  CHECK(cluster.api[1].operation == "CreateCluster");
  CHECK(cluster.api[1].body == nlohmann::json{{"clusterName", "default"}});
  CHECK(cluster.api[2].body["cluster"] == "made");
  CHECK(cluster.ecs.cluster() == "made");
}

TEST_CASE("without a configured cluster any other failure is tried once more",
          "[component][control]") {
  LoopbackCluster cluster;
  cluster.answer("RegisterContainerInstance",
                 times(2, LoopbackCluster::error("ClientException", "other")));
  const auto result = cluster.run(cluster.ecs.register_container_instance(host()));
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == RegistrationFailureKind::Terminal);
  CHECK(cluster.api.size() == 2);
  CHECK(cluster.calls("CreateCluster").empty());
}

}  // namespace longshore::control
