#pragma once

#include <string>

namespace longshore::runtime::images {

/// Why a pull failed, with what can be done about it in front, where the text shows what that is: a
/// role without the permission, an image that does not exist (or that the login may not see), a
/// registry that is not reached. Else as it is.
/// Source of the patterns: amazon-ecs-agent:agent/api/errormessages/error_messages.go.
std::string with_pull_advice(std::string text);

}  // namespace longshore::runtime::images
