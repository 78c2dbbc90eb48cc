#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

namespace longshore::standalone {

/// One message that went over the wire, as `GET /_longshore/record` and `--record` show it.
struct Record {
  std::uint64_t seq = 0;  ///< From 1, without gaps.
  WallTime time{};
  std::string channel{};    ///< "api", "acs" or "tcs".
  std::string direction{};  ///< Seen from the server: "in" or "out".
  /// ECS operation, message type, or "connect", "refused", "close", "invalid", "fault:<action>".
  std::string type{};
  nlohmann::json body{};  ///< Secrets in it are "***".
};

/// {"seq":1,"time":1732180500.123,"channel":"acs","direction":"out","type":…,"body":…}
nlohmann::json to_json_object(const Record& record);

/// `value` with the text of every member that holds a secret replaced by "***": the keys of role
/// credentials (accessKeyId stays, it names the key) and ECR's authorizationToken. Names match in
/// any case, at any depth.
nlohmann::json mask_secrets(nlohmann::json value);

}  // namespace longshore::standalone
