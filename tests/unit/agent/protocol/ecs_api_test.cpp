#include "agent/protocol/ecs_api.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "agent/base/time_text.hpp"
#include "agent/protocol/decode.hpp"

namespace longshore::protocol {
namespace {

using nlohmann::json;

WallTime at_millis(std::int64_t millis) { return WallTime(std::chrono::milliseconds(millis)); }

}  // namespace

TEST_CASE("times are numbers of seconds with at most three decimals", "[unit][protocol]") {
  CHECK(epoch_seconds(at_millis(1732180500123)).dump() == "1732180500.123");
  CHECK(epoch_seconds(at_millis(1732180500120)).dump() == "1732180500.12");
  CHECK(epoch_seconds(at_millis(1732180500000)).dump() == "1732180500");
  CHECK(epoch_seconds(at_millis(1732180500001)).is_number());
}

TEST_CASE("every millisecond of the next decades prints exactly", "[unit][protocol]") {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> millis(1'600'000'000'000, 2'500'000'000'000);
  for (int i = 0; i < 100'000; ++i) {
    const WallTime time = at_millis(millis(random));
    if (epoch_seconds(time).dump() != to_epoch_seconds(time)) FAIL(to_epoch_seconds(time));
  }
}

TEST_CASE("a task's change always has a reason, even an empty one", "[unit][protocol]") {
  const SubmitTaskStateChangeRequest request{.cluster = "c", .task = "t", .status = "RUNNING"};
  CHECK(request.to_json() ==
        json{{"cluster", "c"}, {"task", "t"}, {"status", "RUNNING"}, {"reason", ""}});
}

TEST_CASE("texts are cut to the API's limits, between characters", "[unit][protocol]") {
  std::string reason(1023, 'a');
  reason += "\u00e9 and more";
  const SubmitTaskStateChangeRequest request{.reason = reason,
                                             .containers = {{.container_name = "c",
                                                             .runtime_id = std::string(300, 'r'),
                                                             .image_digest = std::string(300, 'd'),
                                                             .reason = reason}}};
  const json body = request.to_json();
  CHECK(body["reason"] == std::string(1023, 'a'));
  CHECK(body["containers"][0]["reason"] == std::string(1023, 'a'));
  CHECK(body["containers"][0]["runtimeId"] == std::string(255, 'r'));
  CHECK(body["containers"][0]["imageDigest"] == std::string(255, 'd'));
}

TEST_CASE("a container's change leaves out what is not known", "[unit][protocol]") {
  SubmitTaskStateChangeRequest request{
      .containers = {{.container_name = "c", .status = "STOPPED"}}};
  CHECK(request.to_json()["containers"][0] == json{{"containerName", "c"}, {"status", "STOPPED"}});
  request.containers[0].exit_code = 0;
  request.containers[0].network_bindings.emplace();
  CHECK(request.to_json()["containers"][0] == json{{"containerName", "c"},
                                                   {"status", "STOPPED"},
                                                   {"exitCode", 0},
                                                   {"networkBindings", json::array()}});
}

TEST_CASE("a poll endpoint is asked for with an empty zone", "[unit][protocol]") {
  CHECK(DiscoverPollEndpointRequest{.cluster = "c", .container_instance = "i"}.to_json() ==
        json{{"cluster", "c"}, {"containerInstance", "i"}, {"zoneId", ""}});
}

TEST_CASE("a registration leaves out zero, empty values and no tags", "[unit][protocol]") {
  const RegisterContainerInstanceRequest request{
      .cluster = "c",
      .attributes = {{.name = "plain"}, {.name = "with", .value = "v"}},
      .total_resources = {{.name = "CPU", .integer_value = 0},
                          {.name = "MEMORY", .integer_value = 7},
                          {.name = "PORTS_UDP", .string_set_value = std::vector<std::string>{}}},
      .client_token = "t"};
  CHECK(
      request.to_json() ==
      json{{"cluster", "c"},
           {"clientToken", "t"},
           {"instanceIdentityDocument", ""},
           {"instanceIdentityDocumentSignature", ""},
           {"attributes", {{{"name", "plain"}}, {{"name", "with"}, {"value", "v"}}}},
           {"totalResources",
            {{{"name", "CPU"}, {"type", "INTEGER"}},
             {{"name", "MEMORY"}, {"type", "INTEGER"}, {"integerValue", 7}},
             {{"name", "PORTS_UDP"}, {"type", "STRINGSET"}, {"stringSetValue", json::array()}}}}});
}

TEST_CASE("registering again and tags are added when there are any", "[unit][protocol]") {
  const RegisterContainerInstanceRequest request{.container_instance_arn = "arn",
                                                 .tags = {{.key = "k", .value = ""}}};
  CHECK(request.to_json()["containerInstanceArn"] == "arn");
  CHECK(request.to_json()["tags"] == json::array({json{{"key", "k"}, {"value", ""}}}));
}

TEST_CASE("a registration's answer needs an instance", "[unit][protocol]") {
  CHECK_FALSE(decode<RegisterContainerInstanceResponse>(json::object()));
  const auto response = decode<RegisterContainerInstanceResponse>(json{
      {"containerInstance", {{"containerInstanceArn", "arn"}, {"attributes", {{{"name", "n"}}}}}}});
  REQUIRE(response);
  CHECK(response->container_instance_arn == "arn");
  CHECK(response->attributes == std::vector<Attribute>{{.name = "n"}});
}

}  // namespace longshore::protocol
