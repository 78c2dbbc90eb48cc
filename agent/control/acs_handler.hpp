#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/base/secret.hpp"
#include "agent/core/task_spec.hpp"

namespace longshore::control {

/// Keys of a task role or an execution role, as ACS delivers them. Held in memory only.
struct RoleCredentials {
  std::string credentials_id{};
  std::string role_arn{};
  std::string access_key_id{};
  Secret secret_access_key{};
  Secret session_token{};
  std::string expiration{};  ///< RFC 3339; echoed byte for byte in acknowledgements.
};

/// Whose keys they are: the task's own, or the agent's for pulling and logging.
enum class RoleType { TaskApplication, TaskExecution };

/// One task of a payload that could be read.
struct PayloadTask {
  core::TaskSpec spec{};
  bool stop = false;  ///< desiredStatus STOPPED.
  std::optional<RoleCredentials> task_role{};
  std::optional<RoleCredentials> execution_role{};
};

/// A task of a payload that could not be: reported STOPPED with this reason, never run.
struct BadTask {
  TaskArn arn{};
  std::string reason{};  ///< "UnrecogniedTaskError: Error loading task - …".
};

/// A task the control plane believes to be on this host (TaskManifestMessage).
struct ManifestTask {
  TaskArn arn{};
  bool running = false;  ///< desiredStatus is RUNNING.
};

/// What an ACS session does with what it is told. The engine is behind it. All on the event loop.
class AcsHandler {
 public:
  virtual ~AcsHandler() = default;

  /// Takes over the tasks: stops first, then starts, in message order. Success means everything is
  /// on disk: only then the payload is acknowledged (and only if there was no bad task).
  virtual boost::asio::awaitable<Status> on_tasks(std::vector<PayloadTask> tasks,
                                                  std::vector<BadTask> bad_tasks) = 0;
  /// New keys for a known task. NotFound when the task is unknown (then there is no ack).
  virtual Status on_credentials(TaskArn task, RoleType role, RoleCredentials credentials) = 0;
  /// Tasks that should run here by our records but not by the manifest.
  virtual std::vector<TaskArn> stop_candidates(const std::vector<ManifestTask>& manifest) = 0;
  virtual void on_stop_verified(std::vector<TaskArn> tasks) = 0;
  /// The highest sequence number seen, over restarts: 0 at first. Manifests not above it are
  /// stale.
  virtual std::int64_t manifest_counter() const = 0;
  /// Raises the counter; `durable` makes it outlive the process.
  virtual boost::asio::awaitable<Status> set_manifest_counter(std::int64_t value, bool durable) = 0;
  /// A heartbeat arrived: the moment to tell the host's own health.
  virtual void on_heartbeat() = 0;
};

}  // namespace longshore::control
