#include "agent/standalone/record.hpp"

#include <algorithm>
#include <array>

#include "agent/base/text.hpp"
#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {

using nlohmann::json;

json to_json_object(const Record& record) {
  return {{"seq", record.seq},         {"time", epoch_seconds(record.time)},
          {"channel", record.channel}, {"direction", record.direction},
          {"type", record.type},       {"body", record.body}};
}

json mask_secrets(json value) {
  constexpr std::array<std::string_view, 3> kSecretNames = {"secretaccesskey", "sessiontoken",
                                                            "authorizationtoken"};
  if (value.is_object()) {
    for (auto member = value.begin(); member != value.end(); ++member) {
      const bool secret = std::find(kSecretNames.begin(), kSecretNames.end(),
                                    to_lower(member.key())) != kSecretNames.end();
      *member = secret && !member->is_null() ? json("***") : mask_secrets(std::move(*member));
    }
  } else if (value.is_array()) {
    for (json& item : value) item = mask_secrets(std::move(item));
  }
  return value;
}

}  // namespace longshore::standalone
