#include "agent/control/acs_url.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "agent/aws/sigv4.hpp"
#include "agent/base/text.hpp"
#include "agent/base/time_text.hpp"

namespace longshore::control {
namespace {

AcsQuery query() {
  return {.cluster = "default",
          .container_instance = ContainerInstanceArn(
              "arn:aws:ecs:us-east-1:111122223333:container-instance/default/0123abcd"),
          .agent_version = "1.105.1",
          .agent_hash = "a8b3e7d3",
          .docker_version = "24.0.5",
          .send_credentials = true};
}

}  // namespace

TEST_CASE("the address of ACS is signed with its spaces as %20 and sent with them as plus",
          "[unit][control]") {
  const auto url = acs_url("https://ecs-a-1.us-east-1.amazonaws.com", query());
  REQUIRE(url);
  CHECK(*url ==
        "wss://ecs-a-1.us-east-1.amazonaws.com/ws?agentHash=a8b3e7d3&agentVersion=1.105.1"
        "&clusterArn=default&containerInstanceArn=arn%3Aaws%3Aecs%3Aus-east-1%3A111122223333%3A"
        "container-instance%2Fdefault%2F0123abcd&dockerVersion=DockerVersion%3A+24.0.5"
        "&protocolVersion=2&sendCredentials=true&seqNum=1");
  // Expected value: computed with two independent implementations of SigV4 for these inputs.
  const auto signature = aws::sign(
      {.method = "GET", .url = *url},
      {.access_key_id = "AKIDEXAMPLE",
       .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
       .session_token = Secret("EXAMPLETOKEN")},
      {.region = "us-east-1", .service = "ecs", .time = parse_rfc3339("2024-11-21T09:15:00Z")});
  REQUIRE(signature);
  CHECK(signature->signed_headers == "host;x-amz-date;x-amz-security-token");
  CHECK(signature->signature == "69234a5210aada388ebff94b703fe79715e4ad347ef3b4b158e144ab7c8e55ae");
}

TEST_CASE("the query equals the recorded one", "[unit][control]") {
  std::ifstream file(std::string(LONGSHORE_TEST_DATA) + "/golden/registration.json");
  const auto golden = nlohmann::json::parse(file)["acs_query"];
  AcsQuery recorded = query();
  recorded.cluster = "bench";
  recorded.container_instance = ContainerInstanceArn(
      "arn:aws:ecs:us-west-2:123456789012:container-instance/bench/"
      "0123456789abcdef0123456789abcdef");
  recorded.docker_version = "20.10.24+dfsg1";
  const auto url = acs_url("http://127.0.0.1:1/", recorded);
  REQUIRE(url);
  auto parameters = nlohmann::json::array();
  const std::string sent = url->substr(url->find('?') + 1);
  for (const auto part : split(sent, '&')) {
    const auto equals = part.find('=');
    parameters.push_back({part.substr(0, equals), percent_decode(part.substr(equals + 1), true)});
  }
  CHECK(parameters == golden);
}

TEST_CASE("the address follows the endpoint's scheme and path", "[unit][control]") {
  CHECK_THAT(acs_url("http://127.0.0.1:8080", query()).value(),
             Catch::StartsWith("ws://127.0.0.1:8080/ws?"));
  CHECK_THAT(acs_url("https://host/path/", query()).value(),
             Catch::StartsWith("wss://host/path/ws?"));
  for (const char* endpoint : {"", "ftp://host/", "host"}) {
    const auto url = acs_url(endpoint, query());
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::InvalidInput);
  }
}

TEST_CASE("an engine is told by its version, by its name, or not at all", "[unit][control]") {
  AcsQuery changed = query();
  changed.docker_version = "containerd";
  CHECK_THAT(acs_url("http://h", changed).value(), Catch::Contains("&dockerVersion=containerd&"));
  changed.docker_version.clear();
  CHECK_THAT(acs_url("http://h", changed).value(), !Catch::Contains("dockerVersion"));
  changed.send_credentials = false;
  CHECK_THAT(acs_url("http://h", changed).value(), Catch::Contains("&sendCredentials=false&"));
}

}  // namespace longshore::control
