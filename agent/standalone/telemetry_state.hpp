#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/standalone/cluster_state.hpp"

namespace longshore::standalone {

/// Takes the message of one TCS frame of `type` into the state: containers' healthStatus
/// (PublishHealthRequest), each task's latest metrics (PublishMetricsRequest), the instance's
/// health (PublishInstanceStatusRequest). Tasks and containers that are not known are skipped.
/// Returns the acknowledgement's type ("AckPublishHealth", …).
/// Errors: ClientException for another type or a wrong shape, with the member's path.
ApiResult<std::string> apply_telemetry(ClusterState& state, const std::string& instance_arn,
                                       const std::string& type, const nlohmann::json& message);

}  // namespace longshore::standalone
