#include "agent/standalone/record.hpp"

#include <catch2/catch.hpp>

namespace longshore::standalone {
namespace {

using nlohmann::json;

TEST_CASE("secrets are masked at any depth and in any case", "[unit][standalone]") {
  const json masked = mask_secrets(
      {{"tasks",
        {{{"roleCredentials",
           {{"accessKeyId", "ASIA1"}, {"SecretAccessKey", "s"}, {"sessiontoken", "t"}}}}}},
       {"authorizationData", {{{"authorizationToken", "QVdTOng="}, {"expiresAt", 1}}}}});
  const json& credentials = masked["tasks"][0]["roleCredentials"];
  CHECK(credentials["accessKeyId"] == "ASIA1");
  CHECK(credentials["SecretAccessKey"] == "***");
  CHECK(credentials["sessiontoken"] == "***");
  CHECK(masked["authorizationData"][0]["authorizationToken"] == "***");
  CHECK(masked["authorizationData"][0]["expiresAt"] == 1);
}

TEST_CASE("a record shows its time in epoch seconds with milliseconds", "[unit][standalone]") {
  const Record record{.seq = 7,
                      .time = WallTime(std::chrono::milliseconds(1'750'000'000'125)),
                      .channel = "acs",
                      .direction = "out",
                      .type = "HeartbeatMessage",
                      .body = {{"messageId", "m"}}};
  CHECK(to_json_object(record) == json{{"seq", 7},
                                       {"time", 1'750'000'000.125},
                                       {"channel", "acs"},
                                       {"direction", "out"},
                                       {"type", "HeartbeatMessage"},
                                       {"body", {{"messageId", "m"}}}});
}

}  // namespace
}  // namespace longshore::standalone
