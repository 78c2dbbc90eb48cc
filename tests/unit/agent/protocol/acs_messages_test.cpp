#include "agent/protocol/acs_messages.hpp"

#include <catch2/catch.hpp>

#include "agent/protocol/decode.hpp"

namespace longshore::protocol {

using nlohmann::json;

TEST_CASE("answers carry exactly their members", "[unit][protocol]") {
  CHECK(HeartbeatAckRequest{.message_id = "m"}.to_json() == json{{"messageId", "m"}});
  CHECK(HeartbeatAckRequest{}.to_json() == json::object());
  CHECK(AckRequest{.cluster = "c", .container_instance = "i", .message_id = "m"}.to_json() ==
        json{{"cluster", "c"}, {"containerInstance", "i"}, {"messageId", "m"}});
  CHECK(IamRoleCredentialsAckRequest{.credentials_id = "id", .message_id = "m"}.to_json() ==
        json{{"credentialsId", "id"}, {"messageId", "m"}});
  const TaskStopVerificationMessage question{
      .message_id = "m",
      .stop_candidates = {{.task_arn = "t", .task_cluster_arn = "c", .desired_status = "STOPPED"}}};
  CHECK(question.to_json() ==
        json{{"messageId", "m"},
             {"stopCandidates",
              {{{"taskArn", "t"}, {"taskClusterArn", "c"}, {"desiredStatus", "STOPPED"}}}}});
}

TEST_CASE("an expiration goes back as it came", "[unit][protocol]") {
  const std::string odd = " 2024-11-21T16:00:00.10+01:00";
  const auto message = decode<IamRoleCredentialsMessage>(
      json{{"roleCredentials", {{"credentialsId", "id"}, {"expiration", odd}}}});
  REQUIRE(message);
  REQUIRE(message->role_credentials);
  const IamRoleCredentialsAckRequest ack{.credentials_id = "id",
                                         .expiration = message->role_credentials->expiration};
  CHECK(ack.to_json()["expiration"] == odd);
}

TEST_CASE("a manifest is read with its tasks", "[unit][protocol]") {
  const auto manifest = decode<TaskManifestMessage>(
      json{{"clusterArn", "c"},
           {"containerInstanceArn", "i"},
           {"messageId", "m"},
           {"timeline", 7},
           {"tasks", {{{"taskArn", "t"}, {"desiredStatus", "RUNNING"}}}}});
  REQUIRE(manifest);
  CHECK(manifest->timeline == 7);
  CHECK(manifest->tasks.at(0).task_arn == "t");
  CHECK(manifest->tasks.at(0).desired_status == "RUNNING");
}

TEST_CASE("a timeline with a fraction is no timeline", "[unit][protocol]") {
  CHECK_FALSE(decode<TaskManifestMessage>(json{{"timeline", 7.5}}));
}

}  // namespace longshore::protocol
