#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/json_reader.hpp"

/// Calls of the ECS API that an agent makes, and the parts of the answers that it reads. Each
/// request has its operation's name in kOperation and its body in to_json(); answers are read with
/// `decode<T>()` of decode.hpp.
/// Source: Amazon ECS API reference; members outside it (zoneId, clientToken) are those of
/// amazon-ecs-agent's own service model.
namespace longshore::protocol {

/// What stands before the operation in X-Amz-Target.
inline constexpr const char* kEcsTargetPrefix = "AmazonEC2ContainerServiceV20141113";

/// Something a container instance has or can do, for placement.
struct Attribute {
  std::string name{};
  std::string value{};  ///< Empty: not sent.
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// A tag of the container instance.
struct Tag {
  std::string key{};
  std::string value{};
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// One entry of totalResources: whole numbers or texts, by which member is set.
struct Resource {
  std::string name{};
  std::optional<std::int64_t> integer_value{};  ///< Left out of the JSON when 0, as the agent does.
  std::optional<std::vector<std::string>> string_set_value{};  ///< Sent even when empty.
  friend bool operator==(const Resource&, const Resource&) = default;
};

/// Asks where ACS and TCS are.
struct DiscoverPollEndpointRequest {
  static constexpr const char* kOperation = "DiscoverPollEndpoint";
  std::string cluster{};
  std::string container_instance{};
  nlohmann::json to_json() const;
};

/// Members are optional: each user asks for its own.
struct DiscoverPollEndpointResponse {
  std::optional<std::string> endpoint{};            ///< ACS.
  std::optional<std::string> telemetry_endpoint{};  ///< TCS.
  static DiscoverPollEndpointResponse read(const JsonReader& reader);
};

/// Makes this host a container instance, or tells the cluster that it is back.
struct RegisterContainerInstanceRequest {
  static constexpr const char* kOperation = "RegisterContainerInstance";
  std::string cluster{};
  std::optional<std::string> container_instance_arn{};  ///< Only when registering again.
  std::vector<Attribute> attributes{};
  std::vector<Tag> tags{};  ///< Left out when empty.
  std::string instance_identity_document{};
  std::string instance_identity_document_signature{};
  std::vector<Resource> total_resources{};
  std::string client_token{};
  nlohmann::json to_json() const;
};

/// The instance as the cluster knows it.
struct RegisterContainerInstanceResponse {
  std::string container_instance_arn{};
  std::vector<Attribute> attributes{};
  static RegisterContainerInstanceResponse read(const JsonReader& reader);
};

/// Makes a cluster.
struct CreateClusterRequest {
  static constexpr const char* kOperation = "CreateCluster";
  std::string cluster_name{};
  nlohmann::json to_json() const;
};

/// The cluster that was made.
struct CreateClusterResponse {
  std::string cluster_name{};
  static CreateClusterResponse read(const JsonReader& reader);
};

/// An entry of `networkBindings`: one port, or a range of them where the task asked for one.
struct NetworkBinding {
  std::string bind_ip{};
  std::uint16_t container_port = 0;
  std::uint16_t host_port = 0;
  std::string protocol{};
  std::string container_port_range{};  ///< "9000-9004"; if not empty, sent in place of the ports.
  std::string host_port_range{};
};

/// An entry of `containers`.
struct ContainerStateChange {
  std::string container_name{};
  std::string status{};
  std::string runtime_id{};    ///< Left out when empty.
  std::string image_digest{};  ///< Left out when empty.
  std::optional<int> exit_code{};
  std::string reason{};                                           ///< Left out when empty.
  std::optional<std::vector<NetworkBinding>> network_bindings{};  ///< Sent even when empty.
};

/// Reports what a task and its containers came to.
struct SubmitTaskStateChangeRequest {
  static constexpr const char* kOperation = "SubmitTaskStateChange";
  std::string cluster{};
  std::string task{};
  std::string status{};
  std::string reason{};                            ///< Always sent.
  std::vector<ContainerStateChange> containers{};  ///< Left out when empty.
  std::optional<WallTime> pull_started_at{};
  std::optional<WallTime> pull_stopped_at{};
  std::optional<WallTime> execution_stopped_at{};
  nlohmann::json to_json() const;
};

/// Epoch seconds as a JSON number that prints like to_epoch_seconds(): "1732180500.123",
/// "1732180500"; never with an exponent.
nlohmann::json epoch_seconds(WallTime time);

}  // namespace longshore::protocol
