#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/standalone/cluster_state.hpp"
#include "agent/standalone/operations.hpp"

namespace longshore::standalone {

/// What RunTask and StartTask have in common, taken from a request that fits its shape.
struct TaskRequest {
  std::string cluster{};
  std::shared_ptr<const TaskDefinition> definition{};
  nlohmann::json overrides = nlohmann::json::object();
  std::string launch_type{};
  std::string group{};
  std::string started_by{};
  Tags tags{};
  Resources needs{};
};

/// Reads and checks what both take: the definition must be active, overrides must name its
/// containers. Refuses with ClientException or InvalidParameterException.
ApiResult<TaskRequest> read_task_request(ClusterState& state, const nlohmann::json& request);

/// Adds a PENDING task on `instance_arn`, gives it its roles' credentials and notes its delivery.
Task& make_task(ClusterState& state, const TaskRequest& request, const std::string& instance_arn,
                CallContext& context);

/// How many more tasks fit into kMaxLiveTasks.
std::size_t task_room(const ClusterState& state);

}  // namespace longshore::standalone
