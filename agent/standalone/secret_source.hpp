#pragma once

#include <string>
#include <string_view>

namespace longshore::standalone {

/// Where a secret's value is kept, in the payload's words.
struct SecretSource {
  std::string provider{};  ///< "asm" (Secrets Manager) or "ssm" (Parameter Store).
  std::string region{};
  friend bool operator==(const SecretSource&, const SecretSource&) = default;
};

/// Reads a `valueFrom`: an ARN of either service, or the bare name of a parameter, which is in
/// `own_region`.
SecretSource parse_secret_source(std::string_view value_from, std::string_view own_region);

}  // namespace longshore::standalone
