#pragma once

#include <string>

#include "agent/core/state_change.hpp"
#include "agent/protocol/ecs_api.hpp"

namespace longshore::control {

/// More bindings of one container than this are cut off, with a warning: the API refuses the call
/// otherwise, and a STOPPED that never arrives is worse than an incomplete list of ports.
inline constexpr std::size_t kMaxBindings = 100;

/// The call that reports a change. A port range that the task asked for is one entry for each
/// address it is bound at. `exclude_ipv6_bindings` (ECS_EXCLUDE_IPV6_PORTBINDING) drops the
/// bindings of exactly "::"; with it a container without bindings has no `networkBindings` at all,
/// without it an empty list.
protocol::SubmitTaskStateChangeRequest to_submit_request(const core::TaskChange& change,
                                                         const std::string& cluster,
                                                         bool exclude_ipv6_bindings);

}  // namespace longshore::control
