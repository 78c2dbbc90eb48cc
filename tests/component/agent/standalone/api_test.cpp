#include "agent/net/http.hpp"
#include "tests/component/agent/standalone/hand_made_agent.hpp"

namespace longshore::standalone {
namespace {

TEST_CASE("refusals have AWS's form", "[component][standalone]") {
  Loopback loopback;
  const auto response =
      loopback.post_api("AmazonEC2ContainerServiceV20141113.StopTask", json::object());
  REQUIRE(response);
  CHECK(response->status == 400);
  CHECK(net::find_header(response->headers, "Content-Type") == "application/x-amz-json-1.1");
  CHECK(net::find_header(response->headers, "X-Amzn-ErrorType") == "ClientException");
  CHECK(json::parse(response->body) ==
        json{{"__type", "ClientException"}, {"message", "task: required, but missing"}});
  const auto unknown = loopback.post_api("AmazonEC2ContainerServiceV20141113.Fly", json::object());
  CHECK(json::parse(unknown->body)["__type"] == "UnknownOperationException");
  CHECK(loopback.post_api("Other.RunTask", json::object())->status == 400);
}

TEST_CASE("bodies that are no objects are refused", "[component][standalone]") {
  Loopback loopback;
  for (const char* body : {"[]", "{", "7"}) {
    const auto response = loopback.request(
        "POST", "/", body, {{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks"}});
    CHECK(response.status == 400);
    CHECK(json::parse(response.body)["__type"] == "SerializationException");
  }
}

TEST_CASE("the endpoint agents are told is the one they asked at", "[component][standalone]") {
  Loopback loopback;
  CHECK(loopback.api("DiscoverPollEndpoint", {{"cluster", "default"}})["telemetryEndpoint"] ==
        "http://127.0.0.1:" + std::to_string(loopback.server->port()));
}

TEST_CASE("ECR's token holds user and password, and the record does not",
          "[component][standalone]") {
  Loopback loopback;
  const auto response =
      loopback.post_api("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
                        {{"registryIds", {"000000000000"}}});
  REQUIRE(response);
  const json data = json::parse(response->body)["authorizationData"];
  REQUIRE(data.size() == 1);
  CHECK(data[0]["authorizationToken"] == "QVdTOnN0YW5kYWxvbmU=");  // AWS:standalone
  CHECK(data[0]["proxyEndpoint"] == "http://127.0.0.1");
  CHECK(data[0]["expiresAt"] == 1767225600 + 12 * 3600);
  CHECK(loopback.record().dump().find("QVdTOnN0") == std::string::npos);
  const auto other =
      loopback.post_api("AmazonEC2ContainerRegistry_V20150921.ListImages", json::object());
  CHECK(json::parse(other->body)["__type"] == "UnknownOperationException");
}

TEST_CASE("web pages and rebound names are refused", "[component][standalone]") {
  Loopback loopback;
  const net::Headers target = {{"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.ListTasks"}};
  const auto status = [&](const char* name, const char* value) {
    net::Headers headers = target;
    headers.emplace_back(name, value);
    return loopback.request("POST", "/", "{}", headers).status;
  };
  CHECK(status("Origin", "http://evil.example") == 403);
  CHECK(status("Host", "evil.example") == 403);
  CHECK(status("Host", "localhost:1") == 200);
  CHECK(status("Host", "[::1]:1") == 200);
  json query = loopback.acs_query(loopback.register_host());
  const auto socket = loopback.try_connect(query, {{"Authorization", signature()},
                                                   {"X-Amz-Date", "20250102T030405Z"},
                                                   {"Origin", "http://evil.example"}});
  REQUIRE_FALSE(socket);
  CHECK(socket.error().refused->status == 403);
}

}  // namespace
}  // namespace longshore::standalone
