#pragma once

#include "agent/base/secret.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::runtime::docker {

/// Value of the X-Registry-Auth header: JSON in URL-safe base64 (RFC 4648 section 5) with its
/// padding, since engines take an unpadded one for no credentials at all. Also sent when `auth` is
/// empty, as the official agent does.
Secret registry_auth_header(const RegistryAuth& auth);

}  // namespace longshore::runtime::docker
