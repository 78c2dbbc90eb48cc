#include "acs_fixture.hpp"

namespace longshore::control {
namespace {

using nlohmann::json;
using testing::AcsFixture;
using Told = std::vector<std::string>;

json task(const std::string& arn, json more = json::object()) {
  json made{{"arn", arn},
            {"desiredStatus", "RUNNING"},
            {"containers", {{{"name", "c"}, {"image", "i"}, {"overrides", "{}"}}}}};
  made.update(more);
  return made;
}

json payload(std::vector<json> tasks, const std::string& id = "payload-1") {
  return {{"clusterArn", "cluster-arn"},
          {"containerInstanceArn", "instance-arn"},
          {"messageId", id},
          {"tasks", std::move(tasks)}};
}

json ack(const std::string& id) {
  return {{"type", "AckRequest"},
          {"message",
           {{"cluster", "cluster-arn"}, {"containerInstance", "instance-arn"}, {"messageId", id}}}};
}

json manifest(std::int64_t timeline, const std::string& id = "manifest-1") {
  return {{"clusterArn", "cluster-arn"},
          {"containerInstanceArn", "instance-arn"},
          {"messageId", id},
          {"timeline", timeline},
          {"tasks",
           {{{"taskArn", "a"}, {"desiredStatus", "RUNNING"}},
            {{"taskArn", "b"}, {"desiredStatus", "STOPPED"}}}}};
}

json credentials(const std::string& type = "TaskExecution") {
  return {{"messageId", "m"},
          {"taskArn", "a"},
          {"roleType", type},
          {"roleCredentials", {{"credentialsId", "id"}, {"expiration", "2024-11-21T16:00:00Z"}}}};
}

}  // namespace

TEST_CASE("a heartbeat is answered and noted", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.heartbeat(server);
  CHECK(acs.handler.heartbeats == 1);
  CHECK(acs.session.link().last_heartbeat == acs.cluster.clock.steady_now());
}

TEST_CASE("a payload is acknowledged once its tasks are kept", "[component][control]") {
  AcsFixture acs;
  acs.handler.slow = true;
  auto& server = acs.connected(1);
  acs.cluster.send(server, "PayloadMessage",
                   payload({task("a", {{"roleCredentials", {{"credentialsId", "id"}}}}),
                            task("b", {{"desiredStatus", "STOPPED"}})}));
  acs.cluster.run_until([&] { return acs.handler.told == Told{"run a", "stop b"}; });
  acs.heartbeat(server);  // Answered although the payload is still being kept.
  CHECK(server.received.empty());
  acs.handler.released.set();
  const auto& answers = acs.answers(server, 2);
  CHECK(answers[0] == ack("payload-1"));
  CHECK(
      answers[1] ==
      json{{"type", "IAMRoleCredentialsAckRequest"},
           {"message", {{"credentialsId", "id"}, {"expiration", ""}, {"messageId", "payload-1"}}}});
}

TEST_CASE("an empty payload is acknowledged", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.send(server, "PayloadMessage", payload({}));
  CHECK(acs.answers(server, 1)[0] == ack("payload-1"));
}

TEST_CASE("a payload with a bad task is acted on but not acknowledged", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.send(server, "PayloadMessage",
                   payload({task("a"), task("b", {{"desiredStatus", "ASLEEP"}}), task("c")}));
  acs.cluster.send(server, "PayloadMessage", payload({}, "payload-2"));
  CHECK(acs.answers(server, 1)[0] == ack("payload-2"));
  CHECK(acs.handler.told == Told{"run a", "run c", "bad b"});
}

TEST_CASE("a payload that could not be kept is not acknowledged", "[component][control]") {
  AcsFixture acs;
  acs.handler.tasks_answer = fail(ErrorCode::Unavailable, "disk full");
  auto& server = acs.connected(1);
  acs.cluster.send(server, "PayloadMessage", payload({task("a")}));
  acs.cluster.run_until([&] { return acs.handler.told.size() == 1; });
  acs.heartbeat(server);
  CHECK(server.received.empty());
}

TEST_CASE("a payload that names no one to answer to is dropped", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  for (const char* member : {"clusterArn", "containerInstanceArn", "messageId"}) {
    json message = payload({task("a")});
    message[member] = "";
    acs.cluster.send(server, "PayloadMessage", message);
  }
  acs.cluster.send(server, "PayloadMessage", payload({task("z")}));
  CHECK(acs.answers(server, 1).size() == 1);
  CHECK(acs.handler.told == Told{"run z"});
}

TEST_CASE("what cannot be read is dropped without an answer", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.send(server, "PayloadMessage", payload({task("a", {{"memory", 512.5}})}));
  acs.cluster.send(server, "NewMessage", json::object());
  acs.cluster.send(server, "ErrorMessage", {{"message", "x"}});
  acs.cluster.send(server, "StageUpdateMessage", json::object());
  acs.cluster.send_raw(server, "no JSON");
  acs.heartbeat(server);
  CHECK(server.received.empty());
  CHECK(acs.handler.told.empty());
  CHECK(acs.cluster.sessions.size() == 1);
}

TEST_CASE("an update of the agent is refused in the official words", "[component][control]") {
  const std::string type = GENERATE("StageUpdateMessage", "PerformUpdateMessage");
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.send(server, type,
                   {{"clusterArn", "c"},
                    {"containerInstanceArn", "i"},
                    {"messageId", "m"},
                    {"updateInfo", {{"location", "l"}, {"signature", "s"}}}});
  const json expected = {{"type", "NackRequest"},
                         {"message",
                          {{"cluster", "c"},
                           {"containerInstance", "i"},
                           {"messageId", "m"},
                           {"reason", "Updates are disabled"}}}};
  CHECK(acs.answers(server, 1).back() == expected);
}

TEST_CASE("a payload outlives its connection, its acknowledgement does not",
          "[component][control]") {
  AcsFixture acs;
  acs.handler.slow = true;
  auto& first = acs.connected(1);
  acs.cluster.send(first, "PayloadMessage", payload({task("a")}));
  acs.cluster.run_until([&] { return acs.handler.told.size() == 1; });
  acs.cluster.clock.advance(std::chrono::seconds(2));
  acs.cluster.close(first, 1001);
  auto& second = acs.connected(2);
  acs.handler.released.set();
  acs.cluster.send(second, "PayloadMessage", payload({}, "payload-2"));
  acs.handler.slow = false;
  CHECK(acs.answers(second, 1)[0] == ack("payload-2"));
}

TEST_CASE("a payload's number counts against manifests, in memory", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  json message = payload({task("a", {{"desiredStatus", "ASLEEP"}})});
  message["seqNum"] = 7;
  acs.cluster.send(server, "PayloadMessage", message);
  acs.cluster.run_until([&] { return acs.handler.counter == 7; });
  CHECK_FALSE(acs.handler.counter_is_durable);
  message["seqNum"] = 3;
  acs.cluster.send(server, "PayloadMessage", message);
  acs.cluster.send(server, "TaskManifestMessage", manifest(7));
  acs.cluster.send(server, "TaskManifestMessage", manifest(8, "manifest-2"));
  CHECK(acs.answers(server, 1)[0] == ack("manifest-2"));
  CHECK(acs.handler.counter == 8);
  CHECK(acs.handler.counter_is_durable);
}

TEST_CASE("a manifest stops nothing before the server has confirmed it", "[component][control]") {
  AcsFixture acs;
  acs.handler.candidates = {TaskArn("x")};
  auto& server = acs.connected(1);
  acs.cluster.send(server, "TaskManifestMessage", manifest(1));
  const auto& answers = acs.answers(server, 2);
  CHECK(answers[0] == ack("manifest-1"));
  CHECK(answers[1] == json{{"type", "TaskStopVerificationMessage"},
                           {"message",
                            {{"messageId", "manifest-1"},
                             {"stopCandidates",
                              {{{"taskArn", "x"},
                                {"taskClusterArn", "cluster-arn"},
                                {"desiredStatus", "STOPPED"}}}}}}});
  CHECK(acs.handler.told == Told{"manifest a running", "manifest b stopped"});

  const json verified{{"messageId", "manifest-1"}, {"stopTasks", {{{"taskArn", "x"}}}}};
  json other = verified;
  other["messageId"] = "manifest-0";
  acs.cluster.send(server, "TaskStopVerificationAck", other);
  acs.cluster.send(server, "TaskStopVerificationAck", verified);
  acs.cluster.send(server, "TaskStopVerificationAck", verified);
  acs.cluster.send(server, "PayloadMessage", payload({}));
  CHECK(acs.answers(server, 3)[2] == ack("payload-1"));
  CHECK(acs.handler.told == Told{"manifest a running", "manifest b stopped", "verified x"});
}

TEST_CASE("a manifest without surprises is just acknowledged", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.send(server, "TaskManifestMessage", manifest(1));
  acs.cluster.send(server, "TaskManifestMessage", manifest(1, "stale"));
  acs.cluster.send(server, "PayloadMessage", payload({}));
  const auto& answers = acs.answers(server, 2);
  CHECK(answers[0] == ack("manifest-1"));
  CHECK(answers[1] == ack("payload-1"));
}

TEST_CASE("a manifest whose number could not be saved is not acknowledged",
          "[component][control]") {
  AcsFixture acs;
  acs.handler.counter_answer = fail(ErrorCode::Unavailable, "disk full");
  auto& server = acs.connected(1);
  acs.cluster.send(server, "TaskManifestMessage", manifest(1));
  acs.cluster.run_until([&] { return acs.handler.counter == 1; });
  acs.heartbeat(server);
  CHECK(server.received.empty());
}

TEST_CASE("new keys are acknowledged when the task is known", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.send(server, "IAMRoleCredentialsMessage", credentials());
  CHECK(
      acs.answers(server, 1)[0] ==
      json{
          {"type", "IAMRoleCredentialsAckRequest"},
          {"message",
           {{"credentialsId", "id"}, {"expiration", "2024-11-21T16:00:00Z"}, {"messageId", "m"}}}});
  acs.handler.credentials_answer = fail(ErrorCode::NotFound, "no such task");
  acs.cluster.send(server, "IAMRoleCredentialsMessage", credentials("TaskApplication"));
  acs.cluster.send(server, "IAMRoleCredentialsMessage", credentials("Other"));
  acs.cluster.send(server, "IAMRoleCredentialsMessage", {{"messageId", "m"}});
  acs.cluster.send(server, "PayloadMessage", payload({}));
  CHECK(acs.answers(server, 2)[1] == ack("payload-1"));
  CHECK(acs.handler.told == Told{"execution keys a id", "task keys a id"});
}

}  // namespace longshore::control
