#include "agent/control/registration.hpp"

#include <algorithm>
#include <utility>

namespace longshore::control {
namespace {

std::vector<std::string> to_texts(const std::vector<std::uint16_t>& ports) {
  std::vector<std::string> texts;
  for (const std::uint16_t port : ports) texts.push_back(std::to_string(port));
  return texts;
}

tl::unexpected<RegistrationFailure> failure(RegistrationFailureKind kind, ErrorCode code,
                                            std::string message) {
  return tl::make_unexpected(
      RegistrationFailure{.kind = kind, .error = {code, std::move(message)}});
}

}  // namespace

std::vector<protocol::Resource> to_total_resources(const HostResources& host) {
  return {{.name = "CPU", .integer_value = host.cpu_units},
          {.name = "MEMORY", .integer_value = host.memory_mib},
          {.name = "PORTS", .string_set_value = to_texts(host.reserved_ports)},
          {.name = "PORTS_UDP", .string_set_value = to_texts(host.reserved_udp_ports)}};
}

protocol::RegisterContainerInstanceRequest to_register_request(const Registration& registration) {
  protocol::RegisterContainerInstanceRequest request{
      .tags = registration.tags,
      .instance_identity_document = registration.identity_document,
      .instance_identity_document_signature = registration.identity_signature,
      .total_resources = to_total_resources(registration.resources),
      .client_token = registration.client_token};
  if (registration.known_arn) {
    request.container_instance_arn = registration.known_arn->str();
  } else {
    request.attributes = registration.custom_attributes;
  }
  request.attributes.insert(request.attributes.end(), registration.attributes.begin(),
                            registration.attributes.end());
  return request;
}

RegistrationResult to_registered(const protocol::RegisterContainerInstanceRequest& request,
                                 const protocol::RegisterContainerInstanceResponse& response) {
  const auto& echoed = response.attributes;
  for (const protocol::Attribute& sent : request.attributes) {
    if (std::find(echoed.begin(), echoed.end(), sent) == echoed.end()) {
      return failure(RegistrationFailureKind::Terminal, ErrorCode::InvalidInput,
                     "RegisterContainerInstance: attribute " + sent.name +
                         " did not come back as it was sent");
    }
  }
  // Registering again does not change who this host is, whatever the answer calls it.
  Registered registered{.arn = ContainerInstanceArn(request.container_instance_arn.value_or(
                            response.container_instance_arn))};
  if (registered.arn.empty()) {
    return failure(RegistrationFailureKind::Restart, ErrorCode::Unavailable,
                   "RegisterContainerInstance: the answer has no containerInstanceArn");
  }
  const auto zone = std::find_if(echoed.begin(), echoed.end(), [](const auto& attribute) {
    return attribute.name == "ecs.availability-zone";
  });
  if (zone != echoed.end()) registered.availability_zone = zone->value;
  return registered;
}

}  // namespace longshore::control
