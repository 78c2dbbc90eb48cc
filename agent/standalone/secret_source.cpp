#include "agent/standalone/secret_source.hpp"

#include "agent/base/text.hpp"

namespace longshore::standalone {

SecretSource parse_secret_source(std::string_view value_from, std::string_view own_region) {
  const auto parts = split(value_from, ':');  // arn:partition:service:region:account:…
  if (parts.size() < 6 || parts[0] != "arn") return {"ssm", std::string(own_region)};
  return {parts[2] == "secretsmanager" ? "asm" : "ssm",
          std::string(parts[3].empty() ? own_region : parts[3])};
}

}  // namespace longshore::standalone
