#include "agent/protocol/acs_incoming.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace longshore::protocol {
namespace {

std::string payload_with_task(const std::string& task) {
  return fmt::format(
      R"({{"type":"PayloadMessage","message":{{"clusterArn":"c","containerInstanceArn":"i",)"
      R"("messageId":"m","tasks":[{}]}}}})",
      task);
}

}  // namespace

TEST_CASE("a wrong type anywhere makes the whole payload undecodable", "[unit][protocol]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"arn":1})", "tasks[0].arn"},
      {R"({"memory":512.0})", "tasks[0].memory"},
      {R"({"cpu":"1"})", "tasks[0].cpu"},
      {R"({"launchType":7})", "tasks[0].launchType"},
      {R"({"containers":[{"cpu":0.5}]})", "tasks[0].containers[0].cpu"},
      {R"({"containers":[{"overrides":{}}]})", "tasks[0].containers[0].overrides"},
      {R"({"containers":[{"environment":[{"name":"a","value":"b"}]}]})",
       "tasks[0].containers[0].environment"},
      {R"({"containers":[{"environment":{"A":1}}]})", "tasks[0].containers[0].environment.A"},
      {R"({"containers":[{"dockerConfig":{"hostConfig":{}}}]})",
       "tasks[0].containers[0].dockerConfig.hostConfig"},
      {R"({"containers":[{"secrets":["x"]}]})", "tasks[0].containers[0].secrets[0]"},
      {R"({"roleCredentials":{"sessionToken":1}})", "tasks[0].roleCredentials.sessionToken"},
      {R"({"volumes":[{"host":"/x"}]})", "tasks[0].volumes[0].host"},
      {R"({"volumes":[{"dockerVolumeConfiguration":{"labels":{"a":1}}}]})",
       "tasks[0].volumes[0].dockerVolumeConfiguration.labels.a"},
      {R"({"volumes":[{"dockerVolumeConfiguration":{"autoprovision":"yes"}}]})",
       "tasks[0].volumes[0].dockerVolumeConfiguration.autoprovision"},
      {R"({"containers":[{"restartPolicy":{"ignoredExitCodes":["0"]}}]})",
       "tasks[0].containers[0].restartPolicy.ignoredExitCodes[0]"},
      {R"({"elasticNetworkInterfaces":{}})", "tasks[0].elasticNetworkInterfaces"}};
  for (const auto& [task, path] : cases) {
    INFO(task);
    const auto message = decode_message(payload_with_task(task));
    REQUIRE_FALSE(message);
    CHECK(message.error().code == ErrorCode::InvalidInput);
    CHECK_THAT(message.error().message,
               Catch::StartsWith(fmt::format("PayloadMessage: {}: ", path)));
  }
}

TEST_CASE("the error about a wrong type does not quote a secret", "[unit][protocol]") {
  const auto message = decode_message(
      payload_with_task(R"({"roleCredentials":{"secretAccessKey":["hidden-key"]}})"));
  REQUIRE_FALSE(message);
  CHECK_THAT(message.error().message, !Catch::Contains("hidden-key"));
}

TEST_CASE("unknown members are ignored and null is absent", "[unit][protocol]") {
  const auto message = decode_message(payload_with_task(
      R"({"arn":"a","new":{"x":[1]},"containers":[{"name":"c","cpu":null,"environment":{"E":null}}]})"));
  REQUIRE(message);
  const auto& task = std::get<PayloadMessage>(*message).tasks.at(0);
  CHECK(task.containers.at(0).cpu == 0);
  CHECK(task.containers.at(0).environment == std::map<std::string, std::string>{{"E", ""}});
}

TEST_CASE("a null task is kept, to be found bad later", "[unit][protocol]") {
  const auto message = decode_message(payload_with_task("null"));
  REQUIRE(message);
  CHECK(std::get<PayloadMessage>(*message).tasks.at(0).arn.empty());
}

TEST_CASE("a payload of more than 1,000 tasks is refused", "[unit][protocol]") {
  const auto tasks = [](int count) {
    std::string list = "{}";
    for (int i = 1; i < count; ++i) list += ",{}";
    return payload_with_task(list);
  };
  CHECK(decode_message(tasks(1000)));
  const auto refused = decode_message(tasks(1001));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "PayloadMessage: tasks: at most 1000 entries, got 1001");
}

TEST_CASE("exceptions are notices, known types without a handler are named", "[unit][protocol]") {
  const auto notice =
      decode_message(R"({"type":"AccessDeniedException","message":{"message":"no"}})");
  REQUIRE(notice);
  CHECK(std::get<AcsNotice>(*notice).type == "AccessDeniedException");
  CHECK(std::get<AcsNotice>(*notice).text == "no");
  const auto attachment = decode_message(R"({"type":"ConfirmAttachmentMessage","message":{}})");
  REQUIRE(attachment);
  CHECK(std::get<UnsupportedMessage>(*attachment).type == "ConfirmAttachmentMessage");
}

TEST_CASE("an unknown type is refused by name", "[unit][protocol]") {
  const auto message = decode_message(R"({"type":"PoisonPill","message":{}})");
  REQUIRE_FALSE(message);
  CHECK(message.error().message == "type: no message is called PoisonPill");
}

}  // namespace longshore::protocol
