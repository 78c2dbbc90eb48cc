#include "agent/control/to_task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "agent/control/in_range.hpp"
#include "agent/control/namespace_pause.hpp"
#include "agent/control/to_container.hpp"
#include "agent/control/to_volumes.hpp"
#include "agent/control/unsupported.hpp"

namespace longshore::control {
namespace {

/// ECS allows 10 containers a task; this bounds what a broken control plane could make us hold.
constexpr std::size_t kMaxContainers = 100;
constexpr double kMaxVcpus = 1 << 20;

/// A mode that the official agent does not know changes nothing there either.
std::string known_mode(const std::string& value, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), value) == known.end() ? "" : value;
}

Status check_values(const protocol::AcsTask& wire) {
  if (wire.arn.empty()) return fail(ErrorCode::InvalidInput, "arn: required, but missing");
  if (!(wire.cpu >= 0 && wire.cpu <= kMaxVcpus)) {
    return fail(ErrorCode::InvalidInput, "cpu: expected 0 to {} vCPUs, got {}", kMaxVcpus,
                wire.cpu);
  }
  if (wire.memory < 0 || wire.memory > kMaxAmount) {
    return fail(ErrorCode::InvalidInput, "memory: expected 0 to {} MiB, got {}", kMaxAmount,
                wire.memory);
  }
  if (wire.containers.size() > kMaxContainers) {
    return fail(ErrorCode::Conflict, "containers: at most {} entries, got {}", kMaxContainers,
                wire.containers.size());
  }
  return {};
}

Status check_credentials(std::string_view member,
                         const std::optional<protocol::IamRoleCredentials>& credentials) {
  if (!credentials || !credentials->credentials_id.empty()) return {};
  return fail(ErrorCode::InvalidInput, "{}.credentialsId: required, but missing", member);
}

}  // namespace

Result<bool> wants_stop(const protocol::AcsTask& wire) {
  // UNKNOWN and DEAD are old names of NONE and STOPPED that the official agent still takes.
  constexpr std::array<std::string_view, 6> kRunning{
      "", "RUNNING", "NONE", "MANIFEST_PULLED", "CREATED", "UNKNOWN"};
  if (wire.desired_status == "STOPPED" || wire.desired_status == "DEAD") return true;
  for (const std::string_view word : kRunning) {
    if (wire.desired_status == word) return false;
  }
  return fail(ErrorCode::InvalidInput, "desiredStatus: expected RUNNING or STOPPED, got {}",
              wire.desired_status);
}

Result<core::TaskSpec> to_task(const protocol::AcsTask& wire) {
  // First what is missing here, so that its sentence is the one people read.
  if (auto status = check_supported(wire); !status) return fail(status.error());
  if (auto status = check_values(wire); !status) return fail(status.error());
  if (auto status = check_credentials("roleCredentials", wire.role_credentials); !status) {
    return fail(status.error());
  }
  if (auto status = check_credentials("executionRoleCredentials", wire.execution_role_credentials);
      !status) {
    return fail(status.error());
  }
  auto volumes = to_volumes(wire);
  if (!volumes) return fail(volumes.error());

  core::TaskSpec spec{.arn = TaskArn(wire.arn),
                      .family = wire.family,
                      .version = wire.version,
                      .cpu_vcpus = wire.cpu,
                      .memory_mib = wire.memory,
                      .network_mode = wire.network_mode,
                      .pid_mode = known_mode(wire.pid_mode, {"host", "task"}),
                      .ipc_mode = known_mode(wire.ipc_mode, {"host", "task", "none"})};
  if (wire.role_credentials) spec.task_role_credentials_id = wire.role_credentials->credentials_id;
  if (wire.execution_role_credentials) {
    spec.execution_role_credentials_id = wire.execution_role_credentials->credentials_id;
  }
  for (std::size_t i = 0; i < wire.containers.size(); ++i) {
    auto container = to_container(wire.containers[i], volumes->paths);
    if (!container) {
      return fail(container.error().code, "containers[{}].{}", i, container.error().message);
    }
    spec.containers.push_back(*std::move(container));
  }
  spec.volumes = std::move(volumes->kept);
  if (auto status = add_namespace_pause(spec); !status) return fail(status.error());
  return spec;
}

}  // namespace longshore::control
