#include <rapidcheck.h>

#include <catch2/catch.hpp>

#include "agent/protocol/acs_incoming.hpp"
#include "agent/protocol/decode.hpp"
#include "agent/protocol/ecs_api.hpp"

namespace longshore::protocol {
namespace {

using nlohmann::json;

/// Names that the decoders look for, so that random objects get past the first member.
const std::vector<std::string> kNames{"type",
                                      "message",
                                      "tasks",
                                      "containers",
                                      "arn",
                                      "cpu",
                                      "memory",
                                      "volumes",
                                      "host",
                                      "dockerConfig",
                                      "config",
                                      "environment",
                                      "secrets",
                                      "command",
                                      "stopTasks",
                                      "seqNum",
                                      "timeline",
                                      "messageId",
                                      "name",
                                      "value",
                                      "attributes",
                                      "roleCredentials",
                                      "containerInstance",
                                      "portMappings",
                                      "registryAuthentication"};

rc::Gen<json> any_json(int depth) {
  const auto leaf = rc::gen::oneOf(
      rc::gen::just(json(nullptr)),
      rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return json(b); }),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return json(i); }),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double d) { return json(d); }),
      rc::gen::map(rc::gen::elementOf(kNames), [](std::string s) { return json(s); }));
  if (depth == 0) return leaf;
  const auto list =
      rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<json>>(any_json(depth - 1))),
                   [](std::vector<json> items) { return json(std::move(items)); });
  const auto object =
      rc::gen::map(rc::gen::resize(8, rc::gen::container<std::map<std::string, json>>(
                                          rc::gen::elementOf(kNames), any_json(depth - 1))),
                   [](std::map<std::string, json> members) { return json(std::move(members)); });
  return rc::gen::oneOf(leaf, list, object);
}

}  // namespace

TEST_CASE("no JSON makes a decoder do anything but return", "[unit][protocol]") {
  CHECK(rc::check("any JSON", [] {
    const json message = *any_json(4);
    for (const char* type : {"PayloadMessage", "HeartbeatMessage", "IAMRoleCredentialsMessage",
                             "TaskManifestMessage", "TaskStopVerificationAck", "ErrorMessage"}) {
      static_cast<void>(decode_message(json{{"type", type}, {"message", message}}.dump()));
    }
    static_cast<void>(decode_message(message.dump()));
    static_cast<void>(decode<RegisterContainerInstanceResponse>(message));
    static_cast<void>(decode<DiscoverPollEndpointResponse>(message));
    static_cast<void>(decode<CreateClusterResponse>(message));
  }));
}

TEST_CASE("no text makes a decoder do anything but return", "[unit][protocol]") {
  CHECK(rc::check("any text",
                  [](const std::string& text) { static_cast<void>(decode_message(text)); }));
}

}  // namespace longshore::protocol
