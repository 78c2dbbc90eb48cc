#include "tests/component/agent/standalone/hand_made_agent.hpp"

namespace longshore::standalone {
namespace {

constexpr const char* kListTasks = "AmazonEC2ContainerServiceV20141113.ListTasks";
constexpr const char* kCreate = "AmazonEC2ContainerServiceV20141113.CreateCluster";

struct FaultyLoopback : Loopback {
  FaultyLoopback() : Loopback({.manifest_on_connect = false}) {}
  void fault(const char* channel, const char* match, const char* action,
             const json& more = json::object()) {
    json request = {{"channel", channel}, {"match", match}, {"action", action}};
    request.update(more);
    tell("faults", request);
  }
  std::size_t clusters() { return api("ListClusters", json::object())["clusterArns"].size(); }
};

TEST_CASE("a refused call is answered as the fault says, and the next one is not",
          "[component][standalone]") {
  FaultyLoopback loopback;
  loopback.fault("api", "ListTasks", "refuse", {{"status", 400}, {"code", "ThrottlingException"}});
  const auto refused = loopback.post_api(kListTasks, json::object());
  REQUIRE(refused);
  CHECK(refused->status == 400);
  CHECK(json::parse(refused->body)["__type"] == "ThrottlingException");
  CHECK(loopback.post_api(kListTasks, json::object())->status == 200);
}

TEST_CASE("a reset call is not handled, a closed one is", "[component][standalone]") {
  FaultyLoopback loopback;
  loopback.fault("api", "CreateCluster", "reset");
  CHECK_FALSE(loopback.post_api(kCreate, {{"clusterName", "a"}}));
  CHECK(loopback.clusters() == 1);
  loopback.fault("api", "CreateCluster", "close");
  CHECK_FALSE(loopback.post_api(kCreate, {{"clusterName", "a"}}));
  CHECK(loopback.clusters() == 2);
}

TEST_CASE("a duplicated call is handled twice", "[component][standalone]") {
  FaultyLoopback loopback;
  loopback.fault("api", "CreateCluster", "duplicate");
  CHECK(loopback.post_api(kCreate, {{"clusterName", "a"}})->status == 200);
  CHECK(loopback.recorded("api", "in", "CreateCluster") == 2);
}

TEST_CASE("forgotten faults do not happen", "[component][standalone]") {
  FaultyLoopback loopback;
  loopback.fault("api", "ListTasks", "refuse");
  CHECK(loopback.request("DELETE", "/_longshore/faults").status == 200);
  CHECK(loopback.post_api(kListTasks, json::object())->status == 200);
}

TEST_CASE("a connection can be refused", "[component][standalone]") {
  FaultyLoopback loopback;
  const std::string host = loopback.register_host();
  loopback.fault("acs", "connect", "refuse", {{"status", 400}, {"code", "ServerException"}});
  const auto socket = loopback.try_connect(loopback.acs_query(host));
  REQUIRE_FALSE(socket);
  CHECK(json::parse(socket.error().refused->body) ==
        json{{"type", "ServerException"}, {"message", {{"message", "refused by a fault"}}}});
  loopback.connect_acs(host);
}

TEST_CASE("messages to the agent are lost, doubled or late", "[component][standalone]") {
  FaultyLoopback loopback;
  AgentEnd agent = loopback.connect_acs(loopback.register_host(), {{"protocolVersion", "1"}});
  loopback.fault("acs", "PayloadMessage", "drop");
  loopback.run_task();
  loopback.advance(31s);
  CHECK(agent.receive()["type"] == "HeartbeatMessage");
  loopback.fault("acs", "PayloadMessage", "duplicate");
  loopback.advance(31s);
  const json first = agent.receive("PayloadMessage");
  CHECK(agent.receive("PayloadMessage")["message"]["messageId"] == first["message"]["messageId"]);
  agent.send("AckRequest", {{"messageId", first["message"]["messageId"]}});

  loopback.fault("acs", "raw", "delay", {{"ms", 5000}});
  loopback.tell("acs", {{"x", 1}});
  loopback.advance(4s);
  CHECK(loopback.recorded("acs", "out", "raw") == 0);
  loopback.advance(2s);
  CHECK(loopback.eventually([&] { return loopback.recorded("acs", "out", "raw") == 1; }));
}

TEST_CASE("a connection is closed with the code that was asked for, or cut",
          "[component][standalone]") {
  FaultyLoopback loopback;
  const std::string host = loopback.register_host();
  {
    AgentEnd agent = loopback.connect_acs(host);
    loopback.fault("acs", "raw", "close", {{"code", 1008}});
    loopback.tell("acs", json::object());
    CHECK(agent.ends());
    CHECK(agent.close_code() == 1008);
  }
  AgentEnd agent = loopback.connect_acs(host);
  loopback.fault("acs", "raw", "reset");
  loopback.tell("acs", json::object());
  CHECK(agent.ends());
  CHECK(agent.close_code() == 1006);
}

TEST_CASE("a lost acknowledgement makes the payload come again", "[component][standalone]") {
  FaultyLoopback loopback;
  AgentEnd agent = loopback.connect_acs(loopback.register_host(), {{"protocolVersion", "1"}});
  loopback.fault("acs", "AckRequest", "drop");
  loopback.run_task();
  const json id = agent.receive("PayloadMessage")["message"]["messageId"];
  agent.send("AckRequest", {{"messageId", id}});
  CHECK(loopback.eventually([&] { return loopback.recorded("acs", "in", "fault:drop") == 1; }));
  loopback.advance(61s);
  CHECK(agent.receive("PayloadMessage")["message"]["messageId"] == id);
}

}  // namespace
}  // namespace longshore::standalone
