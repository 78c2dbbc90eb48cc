#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "agent/protocol/ecs_api.hpp"

namespace longshore::control {

/// What this host offers to tasks, and what of it is not theirs.
struct HostResources {
  std::int64_t cpu_units = 0;                       ///< 1024 for each visible CPU.
  std::int64_t memory_mib = 0;                      ///< MemTotal less ECS_RESERVED_MEMORY.
  std::vector<std::uint16_t> reserved_ports{};      ///< ECS_RESERVED_PORTS
  std::vector<std::uint16_t> reserved_udp_ports{};  ///< ECS_RESERVED_PORTS_UDP
};

/// The four entries of totalResources, in the order the official agent sends them.
std::vector<protocol::Resource> to_total_resources(const HostResources& host);

/// What a host says when it joins its cluster.
struct Registration {
  /// The identity this host had before: it registers again as the same instance.
  std::optional<ContainerInstanceArn> known_arn{};
  std::vector<protocol::Attribute> custom_attributes{};  ///< Sent only at the first registration.
  std::vector<protocol::Attribute> attributes{};         ///< See capability_attributes().
  std::vector<protocol::Tag> tags{};
  HostResources resources{};
  /// Calls with the same token make one instance, however often they are repeated.
  std::string client_token{};
  std::string identity_document{};   ///< Empty on external hosts.
  std::string identity_signature{};  ///< Empty on external hosts.
};

/// The instance that this host now is.
struct Registered {
  ContainerInstanceArn arn{};
  std::string availability_zone{};  ///< Empty when the cluster names none.
};

/// What a failed registration means for the process.
enum class RegistrationFailureKind {
  Terminal,  ///< Repeating cannot help: exit with 5, on which the supervisor does not restart.
  Restart,   ///< Exit with 1; the supervisor starts the agent again after a while.
};

/// Why this host is not registered.
struct RegistrationFailure {
  RegistrationFailureKind kind = RegistrationFailureKind::Restart;
  Error error{};
  bool unreachable = false;  ///< The service was not even reached: it may be any moment.
};

/// Either an instance, or what to exit with.
using RegistrationResult = tl::expected<Registered, RegistrationFailure>;

/// Sets the request up, all but the cluster and the token.
protocol::RegisterContainerInstanceRequest to_register_request(const Registration& registration);

/// Judges the answer: every attribute sent must come back with the same value, or the cluster would
/// place tasks by something else than what this host said (Terminal).
RegistrationResult to_registered(const protocol::RegisterContainerInstanceRequest& request,
                                 const protocol::RegisterContainerInstanceResponse& response);

}  // namespace longshore::control
