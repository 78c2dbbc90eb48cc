#pragma once

#include <nlohmann/json_fwd.hpp>

#include "agent/standalone/cluster_state.hpp"
#include "agent/standalone/shape.hpp"

namespace longshore::standalone {

const Shape& task_report_shape();       ///< SubmitTaskStateChange.
const Shape& container_report_shape();  ///< SubmitContainerStateChange.

/// Takes an agent's SubmitTaskStateChange in. Known status only moves forward; what ended a task
/// decides its stopCode and stoppedReason in ECS's words. A repeated report is acknowledged again;
/// one about an unknown task, or a live status for a stopped one, is an InvalidParameterException,
/// which agents drop instead of repeating it for ever.
ApiResult<nlohmann::json> apply_task_report(ClusterState& state, const nlohmann::json& report,
                                            WallTime now);
ApiResult<nlohmann::json> apply_container_report(ClusterState& state, const nlohmann::json& report);

}  // namespace longshore::standalone
