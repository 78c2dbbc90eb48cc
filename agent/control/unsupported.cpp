#include "agent/control/unsupported.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace longshore::control {
namespace {

/// The member that needs something missing, or nullopt.
using Finding = std::optional<std::string>;

Finding find_unsupported(const protocol::AcsContainer& container) {
  if (!container.secrets.empty()) return "secrets";
  if (!container.environment_files.empty()) return "environmentFiles";
  if (!container.firelens_configuration.empty()) return "firelensConfiguration";
  if (!container.managed_agents.empty()) return "managedAgents";
  if (!container.credential_specs.empty()) return "credentialSpecs";
  if (container.logs_auth_strategy == "ExecutionRole") return "logsAuthStrategy ExecutionRole";
  if (container.registry_authentication && container.registry_authentication->type == "asm") {
    return "registryAuthentication.type asm";
  }
  return std::nullopt;
}

Finding find_unsupported(const protocol::AcsVolume& volume) {
  if (volume.type == "efs" || volume.type == "amazonebs" || volume.type == "fsxWindowsFileServer" ||
      volume.type == "s3files" || volume.type == "attachment") {
    return "type " + volume.type;
  }
  return std::nullopt;
}

/// The official agent takes no notice of other attachments, so they change nothing here either.
bool is_used(const protocol::AcsAttachment& attachment) {
  return attachment.attachment_type == "serviceconnectdetail" ||
         attachment.attachment_type == "amazonebs" || attachment.attachment_type == "s3files";
}

Finding find_unsupported(const protocol::AcsTask& task) {
  if (task.network_mode == "awsvpc") return "networkMode awsvpc";
  if (!task.elastic_network_interfaces.empty()) return "elasticNetworkInterfaces";
  if (!task.proxy_configuration.empty()) return "proxyConfiguration";
  if (!task.associations.empty()) return "associations";
  if (task.enable_fault_injection) return "enableFaultInjection true";
  for (std::size_t i = 0; i < task.attachments.size(); ++i) {
    if (is_used(task.attachments[i])) {
      return fmt::format("attachments[{}].attachmentType {}", i,
                         task.attachments[i].attachment_type);
    }
  }
  for (std::size_t i = 0; i < task.volumes.size(); ++i) {
    if (const auto member = find_unsupported(task.volumes[i])) {
      return fmt::format("volumes[{}].{}", i, *member);
    }
  }
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    if (const auto member = find_unsupported(task.containers[i])) {
      return fmt::format("containers[{}].{}", i, *member);
    }
  }
  return std::nullopt;
}

}  // namespace

Status check_supported(const protocol::AcsTask& task) {
  if (const auto member = find_unsupported(task)) {
    return fail(ErrorCode::Conflict, "{}: not supported by this version of the agent", *member);
  }
  return {};
}

}  // namespace longshore::control
