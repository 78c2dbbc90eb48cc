#include "tests/component/agent/standalone/hand_made_agent.hpp"

namespace longshore::standalone {
namespace {

TEST_CASE("the record shows every message once, in order", "[component][standalone]") {
  Loopback loopback;
  loopback.api("ListTasks", json::object());
  const json record = loopback.record();
  REQUIRE(record.size() == 2);
  CHECK(record[0]["seq"] == 1);
  CHECK(record[0]["channel"] == "api");
  CHECK(record[0]["direction"] == "in");
  CHECK(record[0]["type"] == "ListTasks");
  CHECK(record[0]["time"] == 1767225600);
  CHECK(record[1]["direction"] == "out");
  CHECK(record[1]["body"]["taskArns"].empty());
  CHECK(json::parse(loopback.request("GET", "/_longshore/record?since=1").body).size() == 1);
  CHECK(loopback.request("GET", "/_longshore/record?since=x").status == 400);
}

TEST_CASE("raw tasks are a tracked payload", "[component][standalone]") {
  Loopback loopback;
  const auto post = [&](const json& body) {
    return loopback.request("POST", "/_longshore/payload", body.dump(),
                            {{"Content-Type", "application/json"}});
  };
  const json body = {{"tasks", {{{"arn", "raw"}, {"desiredStatus", "RUNNING"}}}}};
  CHECK(post(body).status == 409);
  const std::string host = loopback.register_host();
  const std::string id = loopback.tell("payload", body)["messageId"];
  AgentEnd agent = loopback.connect_acs(host);
  const json payload = agent.receive()["message"];
  CHECK(payload["messageId"] == id);
  CHECK(payload["tasks"] == body["tasks"]);
  CHECK(agent.receive("TaskManifestMessage")["message"]["tasks"][0]["taskArn"] == "raw");
  loopback.api("SubmitTaskStateChange", {{"task", "raw"}, {"status", "RUNNING"}});
  CHECK(post({{"task", json::array()}}).body ==
        R"({"error":"task: no such member; did you mean tasks?"})");
}

TEST_CASE("a raw frame goes over as it stands", "[component][standalone]") {
  Loopback loopback({.manifest_on_connect = false});
  const json frame = {{"type", "PayloadMessage"}, {"message", {{"odd", {nullptr, 1.5}}}}};
  CHECK(
      loopback
          .request("POST", "/_longshore/acs", frame.dump(), {{"Content-Type", "application/json"}})
          .status == 409);
  AgentEnd agent = loopback.connect_acs(loopback.register_host());
  loopback.tell("acs", frame);
  CHECK(agent.receive() == frame);
}

TEST_CASE("test routes take JSON only and know their paths", "[component][standalone]") {
  Loopback loopback;
  CHECK(loopback.request("POST", "/_longshore/faults", "{}", {{"Content-Type", "text/plain"}})
            .status == 415);
  CHECK(loopback.request("GET", "/_longshore/nothing").status == 404);
  CHECK(loopback.request("GET", "/").status == 405);
  CHECK(loopback.request("POST", "/_longshore/faults", "{", {{"Content-Type", "application/json"}})
            .status == 400);
}

TEST_CASE("a server that others can reach has no test routes", "[component][standalone]") {
  Loopback loopback({.listen_address = "0.0.0.0", .allow_remote = true});
  CHECK(loopback.request("GET", "/_longshore/record").status == 403);
  loopback.api("ListTasks", json::object());
}

}  // namespace
}  // namespace longshore::standalone
