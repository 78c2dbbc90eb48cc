#include "agent/protocol/ecs_api.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include "agent/base/text.hpp"

namespace longshore::protocol {
namespace {

// Limits of the ECS API in bytes; a longer text makes it refuse the whole call.
constexpr std::size_t kMaxReasonBytes = 1024;
constexpr std::size_t kMaxIdBytes = 255;

nlohmann::json to_json(const Attribute& attribute) {
  nlohmann::json json{{"name", attribute.name}};
  if (!attribute.value.empty()) json["value"] = attribute.value;
  return json;
}

nlohmann::json to_json(const Resource& resource) {
  nlohmann::json json{{"name", resource.name},
                      {"type", resource.integer_value ? "INTEGER" : "STRINGSET"}};
  if (resource.integer_value && *resource.integer_value != 0) {
    json["integerValue"] = *resource.integer_value;
  }
  if (resource.string_set_value) json["stringSetValue"] = *resource.string_set_value;
  return json;
}

nlohmann::json to_json(const NetworkBinding& binding) {
  if (!binding.container_port_range.empty()) {
    return {{"bindIP", binding.bind_ip},
            {"containerPortRange", binding.container_port_range},
            {"hostPortRange", binding.host_port_range},
            {"protocol", binding.protocol}};
  }
  return {{"bindIP", binding.bind_ip},
          {"containerPort", binding.container_port},
          {"hostPort", binding.host_port},
          {"protocol", binding.protocol}};
}

nlohmann::json to_json(const Tag& tag) { return {{"key", tag.key}, {"value", tag.value}}; }

nlohmann::json to_json(const ContainerStateChange& change);

template <typename Entry>
nlohmann::json to_list(const std::vector<Entry>& entries) {
  auto list = nlohmann::json::array();
  for (const Entry& entry : entries) list.push_back(to_json(entry));
  return list;
}

nlohmann::json to_json(const ContainerStateChange& change) {
  nlohmann::json json{{"containerName", change.container_name}, {"status", change.status}};
  if (!change.runtime_id.empty()) json["runtimeId"] = truncate_utf8(change.runtime_id, kMaxIdBytes);
  if (!change.image_digest.empty()) {
    json["imageDigest"] = truncate_utf8(change.image_digest, kMaxIdBytes);
  }
  if (change.exit_code) json["exitCode"] = *change.exit_code;
  if (!change.reason.empty()) json["reason"] = truncate_utf8(change.reason, kMaxReasonBytes);
  if (change.network_bindings) json["networkBindings"] = to_list(*change.network_bindings);
  return json;
}

}  // namespace

nlohmann::json epoch_seconds(WallTime time) {
  const std::int64_t millis = time.time_since_epoch().count();
  if (millis % 1000 == 0) return millis / 1000;
  // A quotient of whole numbers is the double nearest to the decimal, which is what the library's
  // shortest printing turns back into the same decimal.
  return static_cast<double>(millis) / 1000.0;
}

nlohmann::json DiscoverPollEndpointRequest::to_json() const {
  // zoneId is there even though it is empty: it names a zone only for the system logs' endpoint.
  return {{"cluster", cluster}, {"containerInstance", container_instance}, {"zoneId", ""}};
}

DiscoverPollEndpointResponse DiscoverPollEndpointResponse::read(const JsonReader& reader) {
  return {.endpoint = reader.string("endpoint"),
          .telemetry_endpoint = reader.string("telemetryEndpoint")};
}

nlohmann::json RegisterContainerInstanceRequest::to_json() const {
  nlohmann::json json{{"cluster", cluster},
                      {"attributes", to_list(attributes)},
                      {"instanceIdentityDocument", instance_identity_document},
                      {"instanceIdentityDocumentSignature", instance_identity_document_signature},
                      {"totalResources", to_list(total_resources)},
                      {"clientToken", client_token}};
  if (container_instance_arn) json["containerInstanceArn"] = *container_instance_arn;
  if (!tags.empty()) json["tags"] = to_list(tags);
  return json;
}

RegisterContainerInstanceResponse RegisterContainerInstanceResponse::read(
    const JsonReader& reader) {
  RegisterContainerInstanceResponse response;
  const JsonReader instance = reader.require("containerInstance");
  response.container_instance_arn = instance.string("containerInstanceArn").value_or("");
  for (const JsonReader& item : instance.list("attributes")) {
    response.attributes.push_back(
        {.name = item.string("name").value_or(""), .value = item.string("value").value_or("")});
  }
  return response;
}

nlohmann::json CreateClusterRequest::to_json() const { return {{"clusterName", cluster_name}}; }

CreateClusterResponse CreateClusterResponse::read(const JsonReader& reader) {
  return {.cluster_name = reader.require("cluster").require("clusterName").as_string()};
}

nlohmann::json SubmitTaskStateChangeRequest::to_json() const {
  nlohmann::json json{{"cluster", cluster},
                      {"task", task},
                      {"status", status},
                      {"reason", truncate_utf8(reason, kMaxReasonBytes)}};
  if (!containers.empty()) json["containers"] = to_list(containers);
  if (pull_started_at) json["pullStartedAt"] = epoch_seconds(*pull_started_at);
  if (pull_stopped_at) json["pullStoppedAt"] = epoch_seconds(*pull_stopped_at);
  if (execution_stopped_at) json["executionStoppedAt"] = epoch_seconds(*execution_stopped_at);
  return json;
}

}  // namespace longshore::protocol
