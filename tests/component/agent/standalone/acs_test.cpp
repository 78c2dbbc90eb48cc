#include "tests/component/agent/standalone/hand_made_agent.hpp"

namespace longshore::standalone {
namespace {

json task_of(Loopback& loopback, const std::string& arn) {
  return loopback.api("DescribeTasks", {{"tasks", {arn}}})["tasks"][0];
}

StandaloneSettings without_manifest() { return {.manifest_on_connect = false}; }

TEST_CASE("a task goes to the connected agent and its report comes back",
          "[component][standalone]") {
  Loopback loopback;
  const std::string host = loopback.register_host();
  AgentEnd agent = loopback.connect_acs(host);
  const std::string task = loopback.run_task();
  const json payload = agent.receive("PayloadMessage")["message"];
  CHECK(payload["containerInstanceArn"] == host);
  CHECK(payload["tasks"][0]["arn"] == task);
  agent.send("AckRequest", {{"cluster", payload["clusterArn"]},
                            {"containerInstance", host},
                            {"messageId", payload["messageId"]}});
  CHECK(loopback.eventually([&] {
    const auto state = json::parse(loopback.request("GET", "/_longshore/state").body);
    return state["containerInstances"][0]["unacknowledged"] == 0;
  }));
  loopback.api("SubmitTaskStateChange", {{"task", task}, {"status", "RUNNING"}, {"reason", ""}});
  CHECK(task_of(loopback, task)["lastStatus"] == "RUNNING");
  CHECK(task_of(loopback, task)["connectivity"] == "CONNECTED");
}

TEST_CASE("an instance counts as connected while its websocket is open",
          "[component][standalone]") {
  Loopback loopback;
  const std::string host = loopback.register_host();
  const auto instance = [&] {
    return loopback.api("DescribeContainerInstances",
                        {{"containerInstances", {host}}})["containerInstances"][0];
  };
  CHECK(instance()["agentConnected"] == false);
  {
    AgentEnd agent = loopback.connect_acs(host);
    agent.receive("TaskManifestMessage");
    CHECK(instance()["agentConnected"] == true);
    CHECK(instance()["versionInfo"]["agentVersion"] == "1.2.3");
    CHECK(instance()["versionInfo"]["dockerVersion"] == "24.0.5");
  }
  CHECK(loopback.eventually([&] { return instance()["agentConnected"] == false; }));
}

TEST_CASE("a newer connection takes the place of an older one", "[component][standalone]") {
  Loopback loopback(without_manifest());
  const std::string host = loopback.register_host();
  AgentEnd older = loopback.connect_acs(host);
  AgentEnd newer = loopback.connect_acs(host);
  CHECK(older.ends());
  const std::string task = loopback.run_task();
  CHECK(newer.receive("PayloadMessage")["message"]["tasks"][0]["arn"] == task);
}

TEST_CASE("what is not acknowledged is sent again, after a minute and on each connection",
          "[component][standalone]") {
  Loopback loopback(without_manifest());
  const std::string host = loopback.register_host();
  std::string id;
  {
    AgentEnd agent = loopback.connect_acs(host, {{"protocolVersion", "1"}});
    loopback.run_task();
    id = agent.receive("PayloadMessage")["message"]["messageId"];
    loopback.advance(61s);
    CHECK(agent.receive("PayloadMessage")["message"]["messageId"] == id);
  }
  AgentEnd again = loopback.connect_acs(host);
  CHECK(again.receive("PayloadMessage")["message"]["messageId"] == id);
  again.send("AckRequest", {{"messageId", id}});
  CHECK(loopback.eventually([&] { return loopback.recorded("acs", "in", "AckRequest") == 1; }));
  AgentEnd third = loopback.connect_acs(host);
  loopback.advance(31s);
  CHECK(third.receive()["type"] == "HeartbeatMessage");
}

TEST_CASE("heartbeats come on time, and an agent that leaves two unanswered is cut off",
          "[component][standalone]") {
  Loopback loopback(without_manifest());
  AgentEnd agent = loopback.connect_acs(loopback.register_host());
  loopback.advance(29s);
  CHECK(loopback.recorded("acs", "out", "HeartbeatMessage") == 0);
  loopback.advance(2s);
  const json first = agent.receive("HeartbeatMessage");
  agent.send("HeartbeatAckRequest", {{"messageId", first["message"]["messageId"]}});
  CHECK(loopback.eventually(
      [&] { return loopback.recorded("acs", "in", "HeartbeatAckRequest") == 1; }));
  loopback.advance(31s);
  agent.receive("HeartbeatMessage");
  loopback.advance(31s);
  agent.receive("HeartbeatMessage");
  loopback.advance(31s);
  CHECK(agent.ends());
}

TEST_CASE("an agent of protocol version 1 need not answer heartbeats", "[component][standalone]") {
  Loopback loopback(without_manifest());
  AgentEnd agent = loopback.connect_acs(loopback.register_host(), {{"protocolVersion", "1"}});
  for (int i = 0; i < 5; ++i) {
    loopback.advance(31s);
    agent.receive("HeartbeatMessage");
  }
}

TEST_CASE("sendCredentials gets the credentials of every live role", "[component][standalone]") {
  Loopback loopback(without_manifest());
  const std::string host = loopback.register_host();
  std::string id;
  {
    AgentEnd agent = loopback.connect_acs(host);
    loopback.run_task(
        {{"family", "web"},
         {"taskRoleArn", "arn:aws:iam::000000000000:role/task"},
         {"containerDefinitions", {{{"name", "web"}, {"image", "busybox"}, {"memory", 64}}}}});
    const json payload = agent.receive("PayloadMessage")["message"];
    id = payload["tasks"][0]["roleCredentials"]["credentialsId"];
    agent.send("AckRequest", {{"messageId", payload["messageId"]}});
    CHECK(loopback.eventually([&] { return loopback.recorded("acs", "in", "AckRequest") == 1; }));
  }
  AgentEnd agent = loopback.connect_acs(host, {{"sendCredentials", "true"}});
  const json message = agent.receive("IAMRoleCredentialsMessage")["message"];
  CHECK(message["roleCredentials"]["credentialsId"] == id);
  CHECK(message["roleCredentials"]["secretAccessKey"] != "***");
  CHECK(loopback.request("GET", "/_longshore/record")
            .body.find(message["roleCredentials"]["secretAccessKey"].get<std::string>()) ==
        std::string::npos);
}

TEST_CASE("a manifest follows the connection, and only unknown tasks are confirmed to stop",
          "[component][standalone]") {
  Loopback loopback;
  const std::string host = loopback.register_host();
  std::int64_t timeline = 0;
  std::string task;
  {
    AgentEnd agent = loopback.connect_acs(host);
    timeline = agent.receive("TaskManifestMessage")["message"]["timeline"];
    task = loopback.run_task();
    agent.receive("PayloadMessage");
  }
  AgentEnd agent = loopback.connect_acs(host);
  const json manifest = agent.receive("TaskManifestMessage")["message"];
  CHECK(manifest["timeline"] > timeline);
  CHECK(manifest["tasks"][0]["taskArn"] == task);
  agent.send("TaskStopVerificationMessage",
             {{"messageId", manifest["messageId"]},
              {"stopCandidates", {{{"taskArn", task}}, {{"taskArn", "old"}}}}});
  const json ack = agent.receive("TaskStopVerificationAck")["message"];
  CHECK(ack["messageId"] == manifest["messageId"]);
  REQUIRE(ack["stopTasks"].size() == 1);
  CHECK(ack["stopTasks"][0]["taskArn"] == "old");
}

TEST_CASE("a connection is refused in the words agents know", "[component][standalone]") {
  Loopback loopback;
  const std::string host = loopback.register_host();
  const auto refusal = [&](const json& changes, net::Headers headers = {}) {
    json query = loopback.acs_query(host);
    query.update(changes);
    const auto socket = loopback.try_connect(query, std::move(headers));
    REQUIRE_FALSE(socket);
    REQUIRE(socket.error().refused);
    return json::parse(socket.error().refused->body)["type"].get<std::string>();
  };
  CHECK(refusal(json::object(), {{"X-Other", "1"}}) == "AccessDeniedException");
  CHECK(refusal(json::object(), {{"Authorization", signature()}}) == "AccessDeniedException");
  CHECK(refusal({{"containerInstanceArn", "arn:nobody"}}) == "InvalidInstanceException");
  CHECK(refusal({{"clusterArn", "other"}}) == "InvalidClusterException");
  CHECK(refusal({{"protocolVersion", ""}}) == "BadRequestException");
  loopback.api("DeregisterContainerInstance", {{"containerInstance", host}});
  CHECK(refusal(json::object()) == "InactiveInstanceException");
}

TEST_CASE("deregistration ends the connection", "[component][standalone]") {
  Loopback loopback(without_manifest());
  const std::string host = loopback.register_host();
  AgentEnd agent = loopback.connect_acs(host);
  loopback.api("DeregisterContainerInstance", {{"containerInstance", host}});
  CHECK(agent.ends());
}

TEST_CASE("frames that make no sense are recorded and leave the connection open",
          "[component][standalone]") {
  Loopback loopback(without_manifest());
  AgentEnd agent = loopback.connect_acs(loopback.register_host());
  agent.send_text("{");
  agent.send("AckRequest", {{"messageId", 7}});
  agent.send("Hello", {{"messageId", "m"}});
  CHECK(loopback.eventually([&] { return loopback.recorded("acs", "in", "invalid") == 3; }));
  const std::string task = loopback.run_task();
  CHECK(agent.receive("PayloadMessage")["message"]["tasks"][0]["arn"] == task);
}

TEST_CASE("credentials are renewed before they end", "[component][standalone]") {
  Loopback loopback(without_manifest());
  AgentEnd agent = loopback.connect_acs(loopback.register_host(), {{"protocolVersion", "1"}});
  loopback.run_task(
      {{"family", "web"},
       {"taskRoleArn", "arn:aws:iam::000000000000:role/task"},
       {"containerDefinitions", {{{"name", "web"}, {"image", "busybox"}, {"memory", 64}}}}});
  const json payload = agent.receive("PayloadMessage")["message"];
  agent.send("AckRequest", {{"messageId", payload["messageId"]}});
  CHECK(loopback.eventually([&] { return loopback.recorded("acs", "in", "AckRequest") == 1; }));
  loopback.advance(45min);
  loopback.advance(2s);
  const json renewed = agent.receive("IAMRoleCredentialsMessage")["message"]["roleCredentials"];
  const json& first = payload["tasks"][0]["roleCredentials"];
  CHECK(renewed["credentialsId"] == first["credentialsId"]);
  CHECK(renewed["accessKeyId"] != first["accessKeyId"]);
}

}  // namespace
}  // namespace longshore::standalone
