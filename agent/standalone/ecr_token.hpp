#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/secret.hpp"

namespace longshore::standalone {

/// The answer to ECR's GetAuthorizationToken: one token of base64("user:password"), good for the
/// twelve hours that ECR gives.
nlohmann::json authorization_token(const std::string& user, const Secret& password,
                                   const std::string& proxy_endpoint, WallTime now);

}  // namespace longshore::standalone
