#include "tests/component/agent/standalone/hand_made_agent.hpp"

namespace longshore::standalone {
namespace {

json status_request(const char* status) {
  return {{"metadata", {{"cluster", "default"}, {"containerInstance", "x"}, {"requestId", "r"}}},
          {"timestamp", 1750000000.5},
          {"statuses", {{{"type", "ContainerRuntime"}, {"status", status}}}}};
}

TEST_CASE("a signed frame is acknowledged and taken in", "[component][standalone]") {
  Loopback loopback;
  const std::string host = loopback.register_host();
  AgentEnd agent = loopback.connect_tcs(host);
  agent.send_text(tcs_frame("PublishInstanceStatusRequest", status_request("OK")));
  CHECK(agent.receive()["type"] == "AckPublishInstanceStatus");
  const json shown =
      loopback.api("DescribeContainerInstances",
                   {{"containerInstances", {host}}, {"include", {"CONTAINER_INSTANCE_HEALTH"}}});
  CHECK(shown["containerInstances"][0]["healthStatus"]["overallStatus"] == "OK");
}

TEST_CASE("idle metrics are acknowledged", "[component][standalone]") {
  Loopback loopback;
  AgentEnd agent = loopback.connect_tcs(loopback.register_host());
  agent.send_text(tcs_frame("PublishMetricsRequest", {{"metadata",
                                                       {{"cluster", "default"},
                                                        {"containerInstance", "x"},
                                                        {"idle", true},
                                                        {"messageId", "m"},
                                                        {"fin", true}}},
                                                      {"timestamp", 1750000000}}));
  CHECK(agent.receive()["type"] == "AckPublishMetric");
}

TEST_CASE("an unsigned or misshapen frame is answered with what is wrong",
          "[component][standalone]") {
  Loopback loopback;
  AgentEnd agent = loopback.connect_tcs(loopback.register_host());
  agent.send("PublishInstanceStatusRequest", status_request("OK"));
  const json unsigned_answer = agent.receive();
  CHECK(unsigned_answer["type"] == "BadRequestException");
  CHECK(unsigned_answer["message"]["message"] ==
        "frame: no block of headers in front of the message");
  agent.send_text(tcs_frame("PublishInstanceStatusRequest", status_request("FINE")));
  CHECK(agent.receive()["message"]["message"] ==
        "statuses[0].status: \"FINE\" is not one of: OK, IMPAIRED, INSUFFICIENT_DATA, "
        "INITIALIZING");
}

TEST_CASE("heartbeats come on TCS as well", "[component][standalone]") {
  Loopback loopback;
  AgentEnd agent = loopback.connect_tcs(loopback.register_host());
  loopback.advance(31s);
  CHECK(agent.receive()["type"] == "HeartbeatMessage");
}

}  // namespace
}  // namespace longshore::standalone
