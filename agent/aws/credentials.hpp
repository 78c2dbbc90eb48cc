#pragma once

#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/secret.hpp"

namespace longshore::aws {

/// Keys to sign requests with.
struct Credentials {
  std::string access_key_id{};
  Secret secret_access_key{};
  Secret session_token{};             ///< Empty for long-lived keys.
  std::optional<WallTime> expires{};  ///< Ask the source again from here on; nullopt: never.
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

}  // namespace longshore::aws
