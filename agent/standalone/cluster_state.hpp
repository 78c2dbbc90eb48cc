#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/secret.hpp"
#include "agent/standalone/api_error.hpp"
#include "agent/standalone/id_sequence.hpp"
#include "agent/standalone/site.hpp"

namespace longshore::standalone {

/// Keys and values, sorted by key.
using Tags = std::map<std::string, std::string>;

/// A name that agents join.
struct Cluster {
  std::string name{};
  Tags tags{};
};

struct TaskDefinition {
  std::string arn{};
  std::string family{};
  int revision = 1;
  nlohmann::json document{};  ///< From check_task_definition(), without tags.
  Tags tags{};
  std::set<std::string> requires_attributes{};
  bool active = true;
  WallTime registered_at{};
  std::optional<WallTime> deregistered_at{};
};

/// What a host offers or a task takes. Ports are host ports.
struct Resources {
  std::int64_t cpu_units = 0;
  std::int64_t memory_mib = 0;
  std::set<int> tcp_ports{};  ///< Offers: the reserved ones, as ECS lists them.
  std::set<int> udp_ports{};
};

struct ContainerInstance {
  enum class Status { Active, Draining, Inactive };
  std::string arn{};
  std::string cluster{};
  std::string ec2_instance_id{};
  std::string client_token{};
  Status status = Status::Active;
  bool connected = false;  ///< An ACS connection is open.
  std::map<std::string, std::string> attributes{};
  Resources offers{};
  nlohmann::json version_info = nlohmann::json::object();  ///< From the ACS URL.
  nlohmann::json health = nlohmann::json::object();        ///< By type, from PublishInstanceStatus.
  Tags tags{};
  WallTime registered_at{};
  std::int64_t version = 1;  ///< Counts changes, as ECS's `version` does.
};

/// Keys that look right and open nothing: no AWS service knows them.
struct RoleCredentials {
  std::string id{};
  std::string role_arn{};
  std::string access_key_id{};
  Secret secret_access_key{};
  Secret session_token{};
  WallTime expiration{};
};

/// A container as its agent last reported it.
struct TaskContainer {
  std::string name{};
  std::string arn{};
  std::string image{};
  std::string image_digest{};
  std::string runtime_id{};
  std::string last_status = "PENDING";
  std::string reason{};
  std::string health = "UNKNOWN";
  std::optional<int> exit_code{};
  nlohmann::json network_bindings = nlohmann::json::array();
  nlohmann::json managed_agents = nlohmann::json::array();
};

struct Task {
  std::string arn{};
  std::string cluster{};
  std::string instance_arn{};
  std::shared_ptr<const TaskDefinition> definition{};   ///< The revision it was made from.
  nlohmann::json overrides = nlohmann::json::object();  ///< As RunTask took them.
  std::string last_status = "PENDING";                  ///< PENDING, RUNNING, STOPPED.
  std::string desired_status = "RUNNING";               ///< RUNNING, STOPPED.
  std::string launch_type = "EC2";
  std::string group{};
  std::string started_by{};
  std::string stop_code{};
  std::string stopped_reason{};
  Resources takes{};
  std::vector<TaskContainer> containers{};
  std::optional<RoleCredentials> task_role{};
  std::optional<RoleCredentials> execution_role{};
  Tags tags{};
  WallTime created_at{};
  std::optional<WallTime> pull_started_at{};
  std::optional<WallTime> pull_stopped_at{};
  std::optional<WallTime> started_at{};
  std::optional<WallTime> stopping_at{};
  std::optional<WallTime> execution_stopped_at{};
  std::optional<WallTime> stopped_at{};
  nlohmann::json metrics{};  ///< Its latest TaskMetric from TCS; null before the first.
  std::int64_t version = 1;
};

/// What must go to agents because of a call.
struct Effects {
  struct Delivery {
    std::string instance_arn{};
    std::vector<std::string> task_arns{};
  };
  std::vector<Delivery> deliveries{};            ///< Tasks whose desired state is new.
  std::vector<std::string> dropped_instances{};  ///< Their connections must end.
};

constexpr std::size_t kMaxClusters = 100;
constexpr std::size_t kMaxInstances = 100;
constexpr std::size_t kMaxTaskDefinitions = 10'000;
constexpr std::size_t kMaxLiveTasks = 1'000;
/// ECS keeps stopped tasks for about an hour, too.
constexpr std::chrono::hours kKeepStopped{1};
constexpr std::size_t kMaxStoppedTasks = 1'000;
/// How long role credentials are good for, and how long before their end they are renewed.
constexpr std::chrono::hours kCredentialsLife{1};
constexpr std::chrono::minutes kRenewBefore{15};

/// Everything this control plane remembers. Plain data: operations.hpp changes it.
struct ClusterState {
  explicit ClusterState(Site where, std::uint64_t seed) : site(std::move(where)), ids(seed) {}

  Site site;
  IdSequence ids;
  std::map<std::string, Cluster> clusters{};  ///< By name.
  /// By family, then revision; entries stay when deregistered, as in ECS.
  std::map<std::string, std::map<int, std::shared_ptr<TaskDefinition>>> definitions{};
  std::map<std::string, ContainerInstance> instances{};          ///< By ARN.
  std::map<std::string, Task> tasks{};                           ///< By ARN.
  std::map<std::string, std::vector<std::string>> run_tokens{};  ///< RunTask's clientToken: ARNs.
  /// Tasks that the test routes sent past the API: ARN to desiredStatus. Reports about them are
  /// acknowledged and manifests list them; nothing else is known of them.
  std::map<std::string, std::string> raw_tasks{};
};

/// By name or ARN; empty is "default". Refuses with ClusterNotFoundException ("Cluster not
/// found.", the text the official agent looks for).
ApiResult<Cluster*> find_cluster(ClusterState& state, const std::string& name_or_arn);
/// By ARN or id; nullptr when this cluster has none such.
ContainerInstance* find_instance(ClusterState& state, const Cluster& cluster,
                                 const std::string& id_or_arn);
Task* find_task(ClusterState& state, const Cluster& cluster, const std::string& id_or_arn);
/// "family" (its newest active revision), "family:7" or an ARN. nullptr when there is none.
std::shared_ptr<TaskDefinition> find_definition(const ClusterState& state, std::string_view name);

/// Remembers the ARNs in `tasks` of a raw PayloadMessage; at most kMaxLiveTasks of them.
void note_raw_tasks(ClusterState& state, const nlohmann::json& tasks);

/// Forgets stopped tasks past kKeepStopped and the oldest past kMaxStoppedTasks.
void forget_old_tasks(ClusterState& state, WallTime now);

}  // namespace longshore::standalone
