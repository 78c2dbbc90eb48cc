#include "agent/control/ecs_client.hpp"

#include <catch2/catch.hpp>
#include <optional>

#include "loopback_cluster.hpp"

namespace longshore::control {
namespace {

using nlohmann::json;
using testing::LoopbackCluster;
using namespace std::chrono_literals;

const ContainerInstanceArn kInstance{"instance-arn"};

net::HttpResponse endpoint(const std::string& url) {
  return {.status = 200, .body = json{{"endpoint", url}}.dump()};
}

std::string discover(LoopbackCluster& cluster) {
  const auto found = cluster.run(cluster.ecs.discover_poll_endpoint(kInstance));
  return found ? found->acs : found.error().error.message;
}

}  // namespace

TEST_CASE("a poll endpoint is asked for once in twelve hours", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  cluster.answer("DiscoverPollEndpoint", {endpoint("http://one"), endpoint("http://two")});
  CHECK(discover(cluster) == "http://one");
  CHECK(cluster.api.at(0).body ==
        json{{"cluster", "bench"}, {"containerInstance", "instance-arn"}, {"zoneId", ""}});
  cluster.clock.advance(12h - 1ms);
  CHECK(discover(cluster) == "http://one");
  cluster.clock.advance(1ms);
  CHECK(discover(cluster) == "http://two");
  CHECK(cluster.api.size() == 2);
}

TEST_CASE("an old poll endpoint serves on while the API fails", "[component][control]") {
  LoopbackCluster cluster;
  cluster.answer("DiscoverPollEndpoint",
                 {endpoint("http://one"), LoopbackCluster::error("ServerException", "", 500)});
  CHECK(discover(cluster) == "http://one");
  cluster.ecs.refresh();
  CHECK(discover(cluster) == "http://one");
  CHECK(cluster.api.size() == 2);
}

TEST_CASE("without an old poll endpoint the API's error is told", "[component][control]") {
  LoopbackCluster cluster;
  cluster.answer("DiscoverPollEndpoint", {LoopbackCluster::error("AccessDeniedException", "no")});
  CHECK_THAT(discover(cluster), Catch::Contains("AccessDeniedException"));
}

TEST_CASE("several who ask at once share one call", "[component][control]") {
  LoopbackCluster cluster;
  int answered = 0;
  const auto ask = [](LoopbackCluster& c, int& count) -> boost::asio::awaitable<void> {
    const auto found = co_await c.ecs.discover_poll_endpoint(kInstance);
    if (found) ++count;
  };
  for (int i = 0; i < 3; ++i) spawn(cluster.io.get_executor(), "ask", ask(cluster, answered));
  cluster.run_until([&] { return answered == 3; });
  CHECK(cluster.api.size() == 1);
}

TEST_CASE("those who wait for a look-up that fails take the old endpoint with it",
          "[component][control]") {
  LoopbackCluster cluster;
  const auto down = LoopbackCluster::error("ServerException", "", 500);
  cluster.answer("DiscoverPollEndpoint", {endpoint("http://one"), down, down, down});
  CHECK(discover(cluster) == "http://one");
  cluster.ecs.refresh();
  int answered = 0;
  const auto ask = [](LoopbackCluster& c, int& count) -> boost::asio::awaitable<void> {
    const auto found = co_await c.ecs.discover_poll_endpoint(kInstance);
    if (found && found->acs == "http://one") ++count;
  };
  for (int i = 0; i < 3; ++i) spawn(cluster.io.get_executor(), "ask", ask(cluster, answered));
  cluster.run_until([&] { return answered == 3; });
  CHECK(cluster.api.size() == 2);
  SECTION("who comes later asks again") { cluster.clock.advance(2s); }
  SECTION("so does who has found it wanting") { cluster.ecs.refresh(); }
  CHECK(discover(cluster) == "http://one");
  CHECK(cluster.api.size() == 3);
}

TEST_CASE("credentials that the API refuses are read anew for the next call",
          "[component][control]") {
  LoopbackCluster cluster;
  cluster.answer("SubmitTaskStateChange", {LoopbackCluster::error("ExpiredTokenException"),
                                           LoopbackCluster::error("ServerException", "", 500)});
  CHECK_FALSE(cluster.run(cluster.ecs.submit({.task = TaskArn("t")})));
  CHECK(cluster.credential_reads == 1);
  CHECK_FALSE(cluster.run(cluster.ecs.submit({.task = TaskArn("t")})));
  CHECK(cluster.credential_reads == 2);
  CHECK(cluster.run(cluster.ecs.submit({.task = TaskArn("t")})));
  CHECK(cluster.credential_reads == 2);
}

TEST_CASE("what its callers repeat is tried once", "[component][control]") {
  LoopbackCluster cluster({}, 3);
  const auto down = LoopbackCluster::error("ServerException", "", 500);
  cluster.answer("SubmitTaskStateChange", {down, down});
  cluster.answer("DiscoverPollEndpoint", {down, down});
  CHECK_FALSE(cluster.run(cluster.ecs.submit({.task = TaskArn("t")})));
  CHECK_FALSE(cluster.run(cluster.ecs.discover_poll_endpoint(kInstance)));
  CHECK(cluster.api.size() == 2);
}

TEST_CASE("another instance is not given this one's endpoint", "[component][control]") {
  LoopbackCluster cluster;
  cluster.answer("DiscoverPollEndpoint", {endpoint("http://one"), endpoint("http://two")});
  CHECK(discover(cluster) == "http://one");
  const auto other = cluster.run(cluster.ecs.discover_poll_endpoint(ContainerInstanceArn("other")));
  REQUIRE(other);
  CHECK(other->acs == "http://two");
}

TEST_CASE("calls are signed, typed and say who calls", "[component][control]") {
  LoopbackCluster cluster({.cluster = "bench"});
  REQUIRE(cluster.run(cluster.ecs.submit({.task = TaskArn("t")})));
  const auto& call = cluster.api.at(0);
  CHECK(call.operation == "SubmitTaskStateChange");
  CHECK(call.body["cluster"] == "bench");
  CHECK(net::find_header(call.headers, "X-Amz-Target") ==
        "AmazonEC2ContainerServiceV20141113.SubmitTaskStateChange");
  CHECK(net::find_header(call.headers, "Content-Type") == "application/x-amz-json-1.1");
  CHECK(net::find_header(call.headers, "User-Agent") == "test agent");
  CHECK_THAT(std::string(net::find_header(call.headers, "Authorization").value_or("")),
             Catch::Contains("Credential=AK/20260101/us-west-2/ecs/aws4_request"));
}

}  // namespace longshore::control
