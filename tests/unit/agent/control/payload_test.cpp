#include "agent/control/payload.hpp"

#include "wire_task.hpp"

namespace longshore::control {
namespace {

using nlohmann::json;
using testing::plain_task;
using testing::task_with;

protocol::PayloadMessage payload(std::vector<json> tasks) {
  const auto message =
      protocol::decode<protocol::PayloadMessage>(json{{"clusterArn", "cluster-arn"},
                                                      {"containerInstanceArn", "instance-arn"},
                                                      {"messageId", "message-id"},
                                                      {"tasks", std::move(tasks)}});
  REQUIRE(message);
  return *message;
}

}  // namespace

TEST_CASE("good tasks come with their credentials, in message order", "[unit][control]") {
  const auto tasks = to_payload_tasks(payload(
      {task_with(R"({"arn": "a", "roleCredentials": {"credentialsId": "id", "roleArn": "role",
                     "accessKeyId": "AK", "secretAccessKey": "SK", "sessionToken": "ST",
                     "expiration": "soon"}})"),
       task_with(R"({"arn": "b", "desiredStatus": "STOPPED"})")}));
  CHECK(tasks.complete);
  CHECK(tasks.bad.empty());
  REQUIRE(tasks.good.size() == 2);
  CHECK(tasks.good[0].spec.arn.str() == "a");
  CHECK_FALSE(tasks.good[0].stop);
  REQUIRE(tasks.good[0].task_role);
  CHECK(tasks.good[0].task_role->credentials_id == "id");
  CHECK(tasks.good[0].task_role->role_arn == "role");
  CHECK(tasks.good[0].task_role->access_key_id == "AK");
  CHECK(tasks.good[0].task_role->secret_access_key == Secret("SK"));
  CHECK(tasks.good[0].task_role->session_token == Secret("ST"));
  CHECK(tasks.good[0].task_role->expiration == "soon");
  CHECK_FALSE(tasks.good[0].execution_role);
  CHECK(tasks.good[1].stop);
}

TEST_CASE("a bad task is reported in the official agent's words and leaves the others alone",
          "[unit][control]") {
  const auto tasks = to_payload_tasks(payload(
      {task_with(R"({"arn": "a", "desiredStatus": "ASLEEP"})"), task_with(R"({"arn": "b"})")}));
  CHECK_FALSE(tasks.complete);
  REQUIRE(tasks.bad.size() == 1);
  CHECK(tasks.bad[0].arn.str() == "a");
  CHECK(
      tasks.bad[0].reason ==
      "UnrecogniedTaskError: Error loading task - desiredStatus: expected RUNNING or STOPPED, got "
      "ASLEEP");
  REQUIRE(tasks.good.size() == 1);
  CHECK(tasks.good[0].spec.arn.str() == "b");
}

TEST_CASE("a task that was understood and cannot run need not come again", "[unit][control]") {
  const std::string task =
      GENERATE(as<std::string>{}, R"({"networkMode": "awsvpc"})",
               R"({"containers": [{"name": "c", "links": [":"]}]})",
               R"({"containers": [{"name": "c", "dependsOn": [{"condition": "LATER"}]}]})");
  CAPTURE(task);
  const auto tasks = to_payload_tasks(payload({task_with(task)}));
  CHECK(tasks.complete);
  CHECK(tasks.bad.size() == 1);
  CHECK(tasks.good.empty());
}

TEST_CASE("a task that is not taken over is reported with that and no more", "[unit][control]") {
  const auto tasks = to_payload_tasks(
      payload({task_with(R"({"arn": "a", "containers": [{"name": "c", "links": ["gone"]}]})")}));
  REQUIRE(tasks.bad.size() == 1);
  CHECK(tasks.bad[0].reason ==
        "resource cannot be initialized for task a: could not find container for link gone");
  const auto stop = to_payload_tasks(payload({task_with(R"({"arn": "a", "desiredStatus": "STOPPED",
                             "containers": [{"name": "c", "links": ["gone"]}]})")}));
  CHECK(stop.good.size() == 1);
}

TEST_CASE("what one container cannot have is no reason against its task", "[unit][control]") {
  const std::string task = GENERATE(
      as<std::string>{}, R"({"pidMode": "ours"})",
      R"({"containers": [{"name": "c", "mountPoints": [{"sourceVolume": "nope"}]}]})",
      R"({"containers": [{"name": "c", "dockerConfig": {"config": "no JSON"}}]})",
      R"({"containers": [{"name": "c", "overrides": "null"}]})",
      R"({"containers": [{"name": "c", "command": ["a", null]}]})",
      R"({"containers": [{"name": "c", "portMappings": [{"containerPortRange": "9-1"}]}]})",
      R"({"containers": [{"name": "c", "registryAuthentication": {"type": "basic"}}]})",
      R"({"containers": [{"name": "c", "registryAuthentication": {"type": "ecr"}}]})",
      R"({"volumes": [{"name": "v", "type": "docker", "dockerVolumeConfiguration": {}}]})");
  CAPTURE(task);
  const auto tasks = to_payload_tasks(payload({task_with(task)}));
  CHECK(tasks.complete);
  CHECK(tasks.good.size() == 1);
}

TEST_CASE("a bad task without an ARN cannot be reported, but prevents the acknowledgement",
          "[unit][control]") {
  const auto tasks = to_payload_tasks(payload({GENERATE(
      json(), task_with(R"({"arn": ""})"), task_with(R"({"arn": "", "networkMode": "awsvpc"})"))}));
  CHECK_FALSE(tasks.complete);
  CHECK(tasks.good.empty());
  CHECK(tasks.bad.empty());
}

TEST_CASE("a stop needs nothing but an ARN", "[unit][control]") {
  const auto tasks = to_payload_tasks(
      payload({task_with(R"({"arn": "a", "desiredStatus": "STOPPED", "networkMode": "awsvpc"})")}));
  CHECK(tasks.complete);
  REQUIRE(tasks.good.size() == 1);
  CHECK(tasks.good[0].stop);
  CHECK(tasks.good[0].spec.arn.str() == "a");
}

TEST_CASE("an unknown desired status makes the task bad", "[unit][control]") {
  const auto tasks = to_payload_tasks(payload({task_with(R"({"desiredStatus": "PAUSED"})")}));
  REQUIRE(tasks.bad.size() == 1);
  CHECK_THAT(tasks.bad[0].reason,
             Catch::EndsWith("desiredStatus: expected RUNNING or STOPPED, got PAUSED"));
}

TEST_CASE("a payload is acknowledged with the message's own ARNs, then each credential",
          "[unit][control]") {
  const auto frames = payload_acknowledgements(payload(
      {task_with(
           R"({"roleCredentials": {"credentialsId": "t", "expiration": "2024-11-21T16:00:00Z"},
                     "executionRoleCredentials": {"credentialsId": "e"}})"),
       plain_task()}));
  REQUIRE(frames.size() == 3);
  CHECK(json::parse(frames[0]) == json{{"type", "AckRequest"},
                                       {"message",
                                        {{"cluster", "cluster-arn"},
                                         {"containerInstance", "instance-arn"},
                                         {"messageId", "message-id"}}}});
  CHECK(json::parse(frames[1]) == json{{"type", "IAMRoleCredentialsAckRequest"},
                                       {"message",
                                        {{"credentialsId", "t"},
                                         {"expiration", "2024-11-21T16:00:00Z"},
                                         {"messageId", "message-id"}}}});
  CHECK(json::parse(frames[2])["message"] ==
        json{{"credentialsId", "e"}, {"expiration", ""}, {"messageId", "message-id"}});
}

}  // namespace longshore::control
