#pragma once

#include <string_view>

#include "agent/base/error.hpp"

namespace longshore::runtime::docker {

/// The error in an answer with a status of 400 or more: "Error response from daemon: <text>".
/// Unavailable also where the engine passes that on from its containerd.
/// Sources: moby:api/server/httpstatus/status.go (statuses); containerd:errdefs/grpc.go (the text).
Error to_error(int status, std::string_view body);

/// As to_error(), for starting a container: engines answer 404 for a command that the image does
/// not have, too, which must not read as if the container were gone (InvalidInput).
Error to_start_error(int status, std::string_view body);

/// For an error that the engine tells in a progress, after it has answered with a good status.
Error engine_failure(std::string text);

/// As to_error(), for what a registry said. Engines pass nearly all of that on as 500, so the text
/// decides: PermissionDenied (credentials), NotFound (no such image), else Unavailable.
Error to_registry_error(int status, std::string_view body);

/// The code for an error text inside a pull's progress, which has no status.
ErrorCode registry_error_code(std::string_view text);

}  // namespace longshore::runtime::docker
