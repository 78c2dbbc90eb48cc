#include "agent/standalone/acs_outbox.hpp"

#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

using namespace std::chrono_literals;

struct OutboxPlane : Plane {
  OutboxPlane() : host(add_host()), outbox(host) {
    json definition = web_definition();
    definition["taskRoleArn"] = "arn:aws:iam::111122223333:role/task";
    task = run(definition);
    outbox.add_tasks(state, {task});
  }
  std::vector<json> due(SteadyTime at) {
    return outbox.take_due(state, at, at - 60s, "http://here", [this] { return ++seq; });
  }
  std::string host;
  AcsOutbox outbox;
  std::string task;
  std::int64_t seq = 0;
  SteadyTime start{1h};
};

TEST_CASE("a payload is sent once, and again only while it is not acknowledged",
          "[unit][standalone]") {
  OutboxPlane plane;
  const auto first = plane.due(plane.start);
  REQUIRE(first.size() == 1);
  CHECK(first[0]["type"] == "PayloadMessage");
  CHECK(first[0]["message"]["containerInstanceArn"] == plane.host);
  CHECK(first[0]["message"]["seqNum"] == 1);
  CHECK(first[0]["message"]["tasks"][0]["arn"] == plane.task);
  CHECK(plane.due(plane.start + 59s).empty());
  const auto second = plane.due(plane.start + 60s);
  REQUIRE(second.size() == 1);
  CHECK(second[0]["message"]["messageId"] == first[0]["message"]["messageId"]);
  CHECK(second[0]["message"]["seqNum"] == 2);
  CHECK(plane.outbox.on_ack("AckRequest", first[0]["message"]["messageId"].get<std::string>()));
  CHECK(plane.due(plane.start + 2h).empty());
}

TEST_CASE("a new connection gets everything that is not acknowledged", "[unit][standalone]") {
  OutboxPlane plane;
  plane.due(plane.start);
  plane.outbox.forget_sending();
  CHECK(plane.due(plane.start + 1s).size() == 1);
}

TEST_CASE("the acknowledgement of its credentials is not that of a payload", "[unit][standalone]") {
  OutboxPlane plane;
  const std::string id = plane.due(plane.start)[0]["message"]["messageId"];
  CHECK_FALSE(plane.outbox.on_ack("IAMRoleCredentialsAckRequest", id));
  CHECK_FALSE(plane.outbox.on_ack("AckRequest", "other"));
  CHECK(plane.outbox.on_ack("AckRequest", id));
  CHECK_FALSE(plane.outbox.on_ack("AckRequest", id));
}

TEST_CASE("a repeated payload says what is wanted now", "[unit][standalone]") {
  OutboxPlane plane;
  CHECK(plane.due(plane.start)[0]["message"]["tasks"][0]["desiredStatus"] == "RUNNING");
  plane.call("StopTask", {{"task", plane.task}});
  CHECK(plane.due(plane.start + 60s)[0]["message"]["tasks"][0]["desiredStatus"] == "STOPPED");
  plane.call("SubmitTaskStateChange", {{"task", plane.task}, {"status", "STOPPED"}});
  CHECK(plane.due(plane.start + 120s).empty());
  CHECK(plane.outbox.size() == 0);
}

TEST_CASE("credentials of live tasks are sent when asked for, and tracked", "[unit][standalone]") {
  OutboxPlane plane;
  plane.outbox.on_ack("AckRequest",
                      plane.due(plane.start)[0]["message"]["messageId"].get<std::string>());
  plane.outbox.add_all_credentials(plane.state);
  const auto frames = plane.due(plane.start + 1s);
  REQUIRE(frames.size() == 1);
  const json& message = frames[0]["message"];
  CHECK(frames[0]["type"] == "IAMRoleCredentialsMessage");
  CHECK(message["roleType"] == "TaskApplication");
  CHECK(message["taskArn"] == plane.task);
  CHECK(message["roleCredentials"]["credentialsId"] ==
        plane.state.tasks.at(plane.task).task_role->id);
  CHECK(
      plane.outbox.on_ack("IAMRoleCredentialsAckRequest", message["messageId"].get<std::string>()));
}

TEST_CASE("raw tasks go over as they are", "[unit][standalone]") {
  OutboxPlane plane;
  plane.due(plane.start);
  const json raw = json::array({{{"arn", 7}, {"odd", nullptr}}});
  const std::string id = plane.outbox.add_raw_tasks(plane.state, raw);
  const auto frames = plane.due(plane.start);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0]["message"]["messageId"] == id);
  CHECK(frames[0]["message"]["tasks"] == raw);
}

TEST_CASE("a manifest names what is live, and a stop is confirmed for the rest only",
          "[unit][standalone]") {
  OutboxPlane plane;
  note_raw_tasks(plane.state, {{{"arn", "raw"}, {"desiredStatus", "RUNNING"}}});
  const json manifest = manifest_frame(plane.state, plane.host, "m", 5)["message"];
  CHECK(manifest["timeline"] == 5);
  REQUIRE(manifest["tasks"].size() == 2);
  CHECK(manifest["tasks"][0]["taskArn"] == plane.task);
  CHECK(manifest["tasks"][1]["taskArn"] == "raw");

  const json question = {
      {"messageId", "m"},
      {"stopCandidates", {{{"taskArn", plane.task}}, {{"taskArn", "raw"}}, {{"taskArn", "old"}}}}};
  const json answer = stop_verification_frame(plane.state, question)["message"];
  CHECK(answer["messageId"] == "m");
  REQUIRE(answer["stopTasks"].size() == 1);
  CHECK(answer["stopTasks"][0]["taskArn"] == "old");
  plane.call("StopTask", {{"task", plane.task}});
  CHECK(stop_verification_frame(plane.state, question)["message"]["stopTasks"].size() == 2);
}

}  // namespace
}  // namespace longshore::standalone
