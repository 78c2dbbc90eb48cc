#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "agent/standalone/site.hpp"

namespace longshore::standalone {

/// A host such as 111122223333.dkr.ecr.eu-west-1.amazonaws.com.
struct EcrHost {
  std::string account{};
  std::string region{};
  friend bool operator==(const EcrHost&, const EcrHost&) = default;
};

/// The ECR host in front of an image name, or nullopt.
std::optional<EcrHost> parse_ecr_host(std::string_view image);

/// How the agent is told to pull `image`: the payload's `registryAuthentication`, or null for
/// anonymous. Hosts in site.ecr_registries get `ecr` with `endpointOverride` set to `origin` (this
/// server); real ECR hosts get `ecr` with the agent's own credentials, because the role credentials
/// handed out here would not be accepted by AWS; `credentials_parameter` gives `asm`.
nlohmann::json registry_authentication(std::string_view image,
                                       std::string_view credentials_parameter,
                                       bool has_execution_role, const Site& site,
                                       std::string_view origin);

}  // namespace longshore::standalone
