#include <algorithm>
#include <array>
#include <charconv>

#include "agent/base/json_reader.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/task_report.hpp"
#include "agent/standalone/views.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

ApiResult<json> discover(ClusterState& state, const json& request, CallContext& context) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  return json{{"endpoint", context.origin},
              {"telemetryEndpoint", context.origin},
              {"serviceConnectEndpoint", context.origin}};
}

std::set<int> read_ports(const json& resource) {
  std::set<int> ports;
  for (const json& text : list_of(resource, "stringSetValue")) {
    const auto digits = text.get<std::string>();
    int port = 0;
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error == std::errc()) ports.insert(port);
  }
  return ports;
}

Resources read_resources(const json& list) {
  Resources offers;
  for (const json& resource : list) {
    const std::string name = text_of(resource, "name");
    // A value of 0 is left out on the wire.
    if (name == "CPU") offers.cpu_units = whole_of(resource, "integerValue");
    if (name == "MEMORY") offers.memory_mib = whole_of(resource, "integerValue");
    if (name == "PORTS") offers.tcp_ports = read_ports(resource);
    if (name == "PORTS_UDP") offers.udp_ports = read_ports(resource);
  }
  return offers;
}

/// `instanceId` of the identity document; empty for hosts outside EC2, which send none.
std::string read_instance_id(const json& request) {
  const auto document = parse_json(text_of(request, "instanceIdentityDocument", "{}"));
  if (!document || !document->is_object()) return {};
  const json* id = find_member(*document, "instanceId");
  return id != nullptr && id->is_string() ? id->get<std::string>() : std::string();
}

/// The instance to (re)write: the one named, the one this token made before, or a new one. An ARN
/// that is not known is taken over: this server forgets at its end, its agents do not.
ApiResult<ContainerInstance*> instance_to_register(ClusterState& state, const Cluster& cluster,
                                                   const json& request, WallTime now) {
  std::string arn = text_of(request, "containerInstanceArn");
  const std::string token = text_of(request, "clientToken");
  if (arn.empty() && !token.empty()) {
    for (auto& [key, instance] : state.instances) {
      if (instance.client_token == token) return &instance;
    }
  }
  if (const auto known = state.instances.find(arn); known != state.instances.end()) {
    if (known->second.status == ContainerInstance::Status::Inactive) {
      return client_error("The container instance {} was deregistered.", arn);
    }
    return &known->second;
  }
  if (state.instances.size() >= kMaxInstances) {
    return client_error("no more than {} container instances", kMaxInstances);
  }
  if (arn.empty()) arn = state.site.container_instance_arn(cluster.name, state.ids.hex());
  ContainerInstance& instance = state.instances[arn];
  instance.arn = arn;
  instance.cluster = cluster.name;
  instance.client_token = token;
  instance.registered_at = now;
  return &instance;
}

ApiResult<json> register_instance(ClusterState& state, const json& request, CallContext& context) {
  auto cluster = find_cluster(state, text_of(request, "cluster"));
  if (!cluster) return refuse(std::move(cluster).error());
  auto instance = instance_to_register(state, **cluster, request, context.now);
  if (!instance) return refuse(std::move(instance).error());
  ContainerInstance& host = **instance;
  // Custom attributes are sent at the first registration only, so the old ones stay.
  for (const json& attribute : list_of(request, "attributes")) {
    host.attributes[text_of(attribute, "name")] = text_of(attribute, "value");
  }
  host.attributes["ecs.availability-zone"] = state.site.availability_zone();
  host.offers = read_resources(list_of(request, "totalResources"));
  host.ec2_instance_id = read_instance_id(request);
  for (auto& [key, value] : read_tags(list_of(request, "tags"))) host.tags[key] = value;
  ++host.version;
  return json{{"containerInstance", describe_instance(state, host, true, false)}};
}

ApiResult<json> submit_task(ClusterState& state, const json& request, CallContext& context) {
  return apply_task_report(state, request, context.now);
}

ApiResult<json> submit_container(ClusterState& state, const json& request, CallContext&) {
  return apply_container_report(state, request);
}

ApiResult<json> submit_attachments(ClusterState&, const json&, CallContext&) {
  // This control plane makes no attachments; those of raw payloads are the test's to judge.
  return json{{"acknowledgment", "ok"}};
}

constexpr Member kDiscoverMembers[] = {{"cluster", &kText}};
constexpr Shape kDiscover = open_object_shape(kDiscoverMembers);

constexpr Member kResourceMembers[] = {
    {"name", &kName, true}, {"integerValue", &kWhole}, {"stringSetValue", &kTexts}};
constexpr Shape kResource = open_object_shape(kResourceMembers);
constexpr Shape kResources = list_shape(kResource);
constexpr Member kAttributeMembers[] = {{"name", &kName, true}, {"value", &kText}};
constexpr Shape kAttribute = open_object_shape(kAttributeMembers);
constexpr Shape kAttributes = list_shape(kAttribute);
constexpr Member kTagMembers[] = {{"key", &kName, true}, {"value", &kText}};
constexpr Shape kTag = open_object_shape(kTagMembers);
constexpr Shape kTags = list_shape(kTag, 0, 50);
constexpr Member kRegisterMembers[] = {{"cluster", &kText},
                                       {"containerInstanceArn", &kText},
                                       {"clientToken", &kText},
                                       {"attributes", &kAttributes},
                                       {"totalResources", &kResources, true},
                                       {"tags", &kTags},
                                       {"instanceIdentityDocument", &kText}};
constexpr Shape kRegister = open_object_shape(kRegisterMembers);

constexpr Member kAttachmentMembers[] = {{"attachmentArn", &kName, true}, {"status", &kName, true}};
constexpr Shape kAttachment = open_object_shape(kAttachmentMembers);
constexpr Shape kAttachments = list_shape(kAttachment);
constexpr Member kSubmitAttachmentsMembers[] = {{"attachments", &kAttachments, true}};
constexpr Shape kSubmitAttachments = open_object_shape(kSubmitAttachmentsMembers);

}  // namespace

std::span<const Operation> agent_operations() {
  static const std::array<Operation, 5> all = {
      {{"DiscoverPollEndpoint", &kDiscover, discover},
       {"RegisterContainerInstance", &kRegister, register_instance},
       {"SubmitTaskStateChange", &task_report_shape(), submit_task},
       {"SubmitContainerStateChange", &container_report_shape(), submit_container},
       {"SubmitAttachmentStateChanges", &kSubmitAttachments, submit_attachments}}};
  return all;
}

}  // namespace longshore::standalone
