#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/state_change.hpp"
#include "agent/core/task_spec.hpp"

namespace longshore::core {

/// Phases in the only order a container may move through them; any may jump straight to Stopped.
enum class Phase {
  Waiting,    ///< Nothing done.
  Resolving,  ///< Asking which digest the image has.
  Resolved,   ///< Waits for its dependencies, the task's cgroup and the pull credentials.
  Pulling,
  Pulled,  ///< The image is here, or creating will tell that it is not.
  Creating,
  Starting,
  Running,
  Stopping,
  Stopped,
};

/// A container's health as its Docker health check gives it.
enum class Health { Unknown, Healthy, Unhealthy };

/// How a container's process ended.
struct Exit {
  std::optional<int> code{};  ///< 0..255; nullopt when the engine does not know it.
  bool out_of_memory = false;
  std::string error{};  ///< The engine's own words about it, usually empty.
  friend bool operator==(const Exit&, const Exit&) = default;
};

/// Everything remembered about one container. Saved whole before any action runs.
struct ContainerState {
  Phase phase = Phase::Waiting;
  bool stop_requested = false;
  bool start_timed_out = false;  ///< Its startTimeout passed before what others wait for came.
  std::string runtime_name{};    ///< Its name on the engine: chosen before it is created.
  std::string endpoint_id{};     ///< UUID of its metadata endpoints; outlives restarts.
  ContainerId runtime_id{};
  std::string image_digest{};      ///< Resolved by us, or of the reference; empty: not known.
  std::optional<int> exit_code{};  ///< Only when the process ran, or never can (143).
  std::string reason{};            ///< First cause of its end, "Name: text".
  std::string soft_reason{};       ///< A failed pull, forgotten once creating works without it.
  std::vector<NetworkBinding> network_bindings{};
  Health health = Health::Unknown;
  std::optional<WallTime> started_at{};  ///< Of the present run.
  bool restarting = false;  ///< Its restart policy's start is on the way; the phase stays Running.
  int restart_count = 0;    ///< Starts by its restart policy, or by somebody who was first.
  int port_conflicts = 0;   ///< Starts that failed for a host port which somebody else took.
  friend bool operator==(const ContainerState&, const ContainerState&) = default;
};

/// The task's own cgroup and volumes.
enum class Resources { None, Creating, Ready, Failed };

/// What happens after a task has stopped.
enum class Cleanup {
  None,      ///< Not stopped yet.
  Waiting,   ///< Kept for `docker logs` until the clean-up wait is over.
  Due,       ///< The wait is over, but STOPPED is not accepted yet.
  Removing,  ///< Containers, then the volumes and the cgroup.
  Done,      ///< The engine forgets the task.
};

/// Everything remembered about one task.
struct TaskState {
  std::shared_ptr<const TaskSpec> spec{};
  std::vector<ContainerState> containers{};  ///< Same order as spec->containers.
  std::vector<std::string> volume_names{};   ///< The engine's, same order as spec->volumes.
  std::uint64_t arrival = 0;                 ///< Its place in the order of acceptance.
  bool admitted = false;  ///< The host has room for it: until then nothing is begun.
  bool stop_requested = false;
  Resources resources = Resources::None;
  bool execution_role_ready = false;  ///< Keys are here. Never saved: keys are not either.
  /// Images are pulled before it is their containers' turn. Never saved: a setting of this agent.
  bool pull_upfront = false;
  std::string reason{};                       ///< Of the task as a whole; usually empty.
  std::optional<ReportedStatus> reported{};   ///< Highest task status handed to the reporter.
  std::vector<ContainerChange> unreported{};  ///< Ride with the next task change, or a flush.
  std::optional<WallTime> pull_started_at{};
  std::optional<WallTime> pull_stopped_at{};
  std::optional<WallTime> execution_stopped_at{};
  std::optional<WallTime> stopped_at{};
  bool stop_accepted = false;  ///< The control plane took the STOPPED report.
  Cleanup cleanup = Cleanup::None;
  friend bool operator==(const TaskState&, const TaskState&) = default;  ///< spec by address.
};

/// What a fresh container is given at random, chosen outside since core knows no randomness.
struct ContainerSeed {
  std::string runtime_name{};
  std::string endpoint_id{};
};

/// A task just accepted. `seeds` has one entry for each container, `volume_names` one for each
/// volume.
TaskState make_task(TaskSpec spec, const std::vector<ContainerSeed>& seeds,
                    std::vector<std::string> volume_names = {});

/// Whether the task has its cgroup and volumes, and still needs them.
bool has_resources(const TaskState& task);
/// As it is without them: they are made when it is resumed.
TaskState without_resources(TaskState task);

/// Whether the task itself says which digest it wants ("repo@sha256:…"). Nothing is found out then.
bool names_digest(const ContainerSpec& container);

/// Whether a host port is picked here for it. Such a container is made anew if that port turns out
/// to be taken at its start.
bool picks_host_port(const ContainerSpec& container);

/// The task's status as the control plane would see it now: that of the container which is least
/// far, whatever was asked for since, but not RUNNING once an essential container has ended.
/// Source: amazon-ecs-agent:agent/api/task/task.go, updateTaskKnownStatus.
ReportedStatus task_status(const TaskState& task);

/// "ecs-<family>-<version>-<container>-<suffix>", the container's name cut to [A-Za-z0-9-].
std::string runtime_name(const TaskSpec& task, const ContainerSpec& container,
                         std::string_view suffix);

/// What the engine calls a volume: a shared one by its own name, one of the task's
/// "ecs-<family>-<version>-<volume>-<suffix>".
std::string volume_name(const TaskSpec& task, const Volume& volume, std::string_view suffix);

}  // namespace longshore::core
