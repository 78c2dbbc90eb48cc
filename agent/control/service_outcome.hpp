#pragma once

#include <string_view>

#include "agent/aws/service_error.hpp"
#include "agent/base/error.hpp"
#include "agent/control/registration.hpp"

namespace longshore::control {

/// Whether a service's error code is `code`. Case does not count, as in the AWS SDKs.
bool is_code(const aws::ServiceError& error, std::string_view code);

/// What a failed SubmitTaskStateChange means: InvalidInput only for InvalidParameterException,
/// which no repetition can cure; never InvalidInput for anything else.
Error to_submit_error(const aws::ServiceError& error);

/// Registration may succeed later: throttling, a limit, the service's own trouble.
bool is_transient_registration_error(const aws::ServiceError& error);

/// What a failed registration means for the process. `again`: the host registered before.
/// Source: amazon-ecs-agent:agent/app/agent.go, ecs-agent/api/errors/errors.go.
RegistrationFailure to_registration_failure(const aws::ServiceError& error, bool again);

}  // namespace longshore::control
