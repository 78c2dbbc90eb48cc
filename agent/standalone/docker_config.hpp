#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace longshore::standalone {

/// The payload's `dockerConfig` of one (checked) container: {"version","config","hostConfig"}, the
/// latter two JSON texts in the Docker Engine API's spelling (POST /containers/create). They carry
/// what the payload has no member of its own for: linuxParameters, health check, logging, limits,
/// user, host name, labels, DNS, security options.
nlohmann::json docker_config(const nlohmann::json& container, const std::string& network_mode);

}  // namespace longshore::standalone
