#pragma once

#include <string>
#include <string_view>

namespace longshore::aws {

/// How an agent names itself to AWS: "Amazon ECS Agent - v1.105.1 (*a8b3e7d3) (linux; LINUX)
/// (+http://aws.amazon.com/ecs/)". `os_family` is ECS_DETAILED_OS_FAMILY, "LINUX" when unset.
/// Source: amazon-ecs-agent:ecs-agent/httpclient/httpclient.go.
std::string user_agent(std::string_view version, std::string_view hash, std::string_view os_family);

}  // namespace longshore::aws
