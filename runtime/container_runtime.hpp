#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "agent/base/secret.hpp"
#include "runtime/breaker.hpp"

namespace longshore::runtime {

struct PortBinding {
  std::uint16_t container_port = 0;
  std::uint16_t host_port = 0;   ///< 0: the engine picks one.
  std::string protocol = "tcp";  ///< "tcp" or "udp".
  std::string bind_ip{};         ///< Set in what the engine reports; empty in a request.
  friend bool operator==(const PortBinding&, const PortBinding&) = default;
};

/// One container as the engine shall create it. `config_patch` and `host_config_patch` are the
/// payload's dockerConfig strings: Docker API JSON laid over what the other members give, so that
/// options this agent has never heard of still reach the engine.
struct ContainerSpec {
  std::string name{};
  std::string image{};
  std::map<std::string, std::string> labels{};
  std::vector<std::string> environment{};             ///< "KEY=value".
  std::optional<std::vector<std::string>> command{};  ///< nullopt: the image's own.
  std::optional<std::vector<std::string>> entry_point{};
  std::int64_t cpu_shares = 2;
  std::int64_t memory_bytes = 0;  ///< 0: no limit of its own.
  std::vector<PortBinding> ports{};
  std::vector<std::string> links{};         ///< "containerName:alias".
  std::vector<std::string> volumes_from{};  ///< "containerName[:ro]".
  std::vector<std::string> binds{};         ///< "source:path[:ro]".
  std::string cgroup_parent{};              ///< Empty: the engine's default.
  /// Of these three an empty one leaves the patch's or else the engine's default; another wins over
  /// the patch: "none", "host", "container:<id>", "shareable" (ipc only), a network's name.
  std::string network_mode{};
  std::string pid_mode{};
  std::string ipc_mode{};
  std::string config_patch{};  ///< JSON object, or empty.
  std::string host_config_patch{};
  std::string awslogs_endpoint{};  ///< For a log driver "awslogs", over the patch; or empty.
  /// API version asked for by the task ("1.17"); raised to the lowest the engine accepts, and to
  /// 1.21. One version serves create and start, since defaults differ between versions.
  std::string min_api_version{};
};

/// The engine's own words for a container and for its health check.
enum class ContainerStatus { Created, Running, Paused, Restarting, Exited, Dead };
enum class HealthStatus { None, Starting, Healthy, Unhealthy };

/// A container as the engine shows it (inspect).
struct ContainerState {
  ContainerId id{};
  std::string name{};  ///< Without the leading '/'.
  std::map<std::string, std::string> labels{};
  ContainerStatus status = ContainerStatus::Created;
  bool alive = false;              ///< A process exists: Running, Paused or Restarting.
  std::optional<int> exit_code{};  ///< Only when it ran and ended (FinishedAt is set).
  bool oom_killed = false;
  std::string error{};  ///< State.Error.
  std::optional<WallTime> created_at{};
  std::optional<WallTime> started_at{};
  std::optional<WallTime> finished_at{};
  HealthStatus health = HealthStatus::None;
  std::vector<PortBinding> ports{};  ///< Published ports, as bound.
  /// What the engine's events say of its exit code is a label of the container.
  bool hides_exit_code = false;
  std::string image_id{};
  int pid = 0;           ///< Of the main process; 0 when not alive.
  int stop_signal = 15;  ///< What the image or the container wants to be stopped with; SIGTERM.
  std::string cgroup_parent{};
  std::string image{};         ///< As it was asked for.
  std::string network_mode{};  ///< "host", "none", "container:<id>"…; empty: the engine's default.
  std::int64_t cpu_shares = 0;
  std::int64_t memory_bytes = 0;  ///< 0: no limit of its own.
};

/// What came of a create call.
struct CreatedContainer {
  ContainerId id{};
  bool existed = false;  ///< Made by an earlier call; it may have run since, and ended.
};

struct RuntimeInfo {
  std::string version{};                      ///< "20.10.24+dfsg1".
  std::string api_version{};                  ///< Newest the engine speaks, "1.41".
  std::string min_api_version{};              ///< Oldest it accepts, "1.12".
  int cgroup_version = 1;                     ///< 1 or 2.
  std::string cgroup_driver{};                ///< "cgroupfs" or "systemd".
  std::vector<std::string> volume_drivers{};  ///< "local", "rexray/ebs:latest".
  friend bool operator==(const RuntimeInfo&, const RuntimeInfo&) = default;
};

/// User, password or a token, and server for one registry; all empty: anonymous.
struct RegistryAuth {
  std::string username{};
  Secret password{};
  std::string server_address{};
  Secret identity_token{};  ///< The engine gets tokens of the registry for it.
  Secret registry_token{};  ///< The engine sends it to the registry as it is.
};

/// How long a pull may be silent before its first byte and after, and take in all.
struct PullTimeouts {
  std::chrono::milliseconds first_byte{std::chrono::minutes{5}};
  std::chrono::milliseconds inactivity{std::chrono::minutes{1}};
  std::chrono::milliseconds total{std::chrono::hours{2}};
};

struct ImageState {
  std::string id{};                         ///< "sha256:…".
  std::vector<std::string> repo_digests{};  ///< "registry/repo@sha256:…".
  std::vector<std::string> environment{};   ///< The image's own ENV, "KEY=value".
};

/// A volume as the engine shall keep it.
struct VolumeSpec {
  std::string name{};
  std::string driver{};  ///< Empty: the engine's default, "local".
  std::map<std::string, std::string> driver_options{};
  std::map<std::string, std::string> labels{};
};

/// A volume as the engine shows it.
struct VolumeState {
  std::string name{};
  std::string driver{};  ///< Never empty.
  std::map<std::string, std::string> driver_options{};
  std::map<std::string, std::string> labels{};
  friend bool operator==(const VolumeState&, const VolumeState&) = default;
};

enum class RuntimeEventKind { Created, Started, Died, OutOfMemory, HealthChanged, Destroyed };
struct RuntimeEvent {
  RuntimeEventKind kind = RuntimeEventKind::Started;
  ContainerId id{};
  std::map<std::string, std::string> labels{};
  std::int64_t time_nano = 0;
  std::optional<int> exit_code{};            ///< Died only.
  HealthStatus health = HealthStatus::None;  ///< HealthChanged only.
};

/// Output of a container, split by line, without the line end.
struct LogLine {
  bool is_stderr = false;
  std::string text{};
};

/// Launches and watches containers. DockerRuntime is the real one; tests use FakeRuntime.
/// Call from the event loop only. Nothing here blocks it, and every call has a deadline.
///
/// Errors of every call: Unavailable (no engine), Timeout, PermissionDenied (socket). The message
/// of an error the engine itself answered is "Error response from daemon: <its text>", as the
/// official agent's users know it.
class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;

  /// Negotiates the API version and says what engine this is. Other calls do it on first use.
  virtual boost::asio::awaitable<Result<RuntimeInfo>> info() = 0;
  /// A cheap probe; 5 s.
  virtual boost::asio::awaitable<Status> ping() = 0;
  /// For an engine that hangs. While open, every call but ping(), and but those that stream (pull,
  /// watch, follow_logs), fails at once with Unavailable; so do those under way when it opens, of
  /// which nobody knows what they have done.
  virtual Breaker& breaker() = 0;

  /// Creates a container without starting it. Safe to repeat: an existing container of the same
  /// name with the same labels is returned as it is.
  /// Errors: NotFound (no such image), Conflict (name taken by another), InvalidInput.
  virtual boost::asio::awaitable<Result<CreatedContainer>> create(ContainerSpec spec) = 0;
  /// Starts it; already running is success. `min_api_version` as in the spec.
  virtual boost::asio::awaitable<Status> start(ContainerId id, std::string min_api_version) = 0;
  /// Signal, wait `grace`, kill. Already stopped or gone is success. May take `grace` + 30 s.
  virtual boost::asio::awaitable<Status> stop(ContainerId id, std::chrono::seconds grace) = 0;
  /// SIGKILL, without a word of warning. Success means that the process has ended; already stopped
  /// or gone is success, too. 10 s, after which it may still end.
  virtual boost::asio::awaitable<Status> kill(ContainerId id) = 0;
  /// Removes it with its anonymous volumes; alive ones are refused (Conflict). Gone is success.
  virtual boost::asio::awaitable<Status> remove(ContainerId id) = 0;
  /// Errors: NotFound.
  virtual boost::asio::awaitable<Result<ContainerState>> inspect(ContainerId id) = 0;
  /// Every container, running or not, that has the label `key` (any value if `value` is empty).
  /// Only id, name, labels, status and alive are filled.
  virtual boost::asio::awaitable<Result<std::vector<ContainerState>>> list(std::string label_key,
                                                                           std::string value) = 0;

  /// The digest a registry holds for `image` ("sha256:…"); empty when the engine is too old to look
  /// one up, or when the image can be pulled by tag only. Errors: NotFound, PermissionDenied.
  virtual boost::asio::awaitable<Result<std::string>> resolve_digest(std::string image,
                                                                     RegistryAuth auth) = 0;
  /// Pulls `image` ("repo:tag" or "repo@sha256:…"). Errors: the engine's text; Timeout when
  /// `timeouts.total` is over; Unavailable after a stall, with how long it was.
  virtual boost::asio::awaitable<Status> pull(std::string image, RegistryAuth auth,
                                              PullTimeouts timeouts) = 0;
  virtual boost::asio::awaitable<Status> tag(std::string image, std::string new_name) = 0;
  /// Errors: NotFound when the image is not on this host.
  virtual boost::asio::awaitable<Result<ImageState>> inspect_image(std::string image) = 0;
  /// Brings the images of `tar` (as "docker save" writes it) onto this host, under the names the
  /// tar gives them. Safe to repeat. 2 min. Errors: the engine's text.
  virtual boost::asio::awaitable<Status> load_image(std::string tar) = 0;

  /// Makes a volume. A volume of that name and driver is success and stays as it is, whatever its
  /// options and labels. 5 min, since a driver may talk to a server; so for the next two calls.
  /// Errors: Conflict (the name belongs to another driver), NotFound (no such driver, for which
  /// Docker looks 15 s), else the driver's own.
  virtual boost::asio::awaitable<Status> create_volume(VolumeSpec spec) = 0;
  /// Errors: NotFound.
  virtual boost::asio::awaitable<Result<VolumeState>> inspect_volume(std::string name) = 0;
  /// Removes it with what it holds. Gone is success. Errors: Conflict (a container has it).
  virtual boost::asio::awaitable<Status> remove_volume(std::string name) = 0;

  /// Follows engine events of containers that carry `label_key`, calling `on_event` on the loop,
  /// until the stream breaks or the caller is cancelled. `since_nano` 0: from now on.
  /// Returns why it ended; the caller reconnects with the last time_nano it saw.
  /// `on_open` runs once the stream is established.
  virtual boost::asio::awaitable<Status> watch(std::string label_key, std::int64_t since_nano,
                                               std::function<void()> on_open,
                                               std::function<void(RuntimeEvent)> on_event) = 0;
  /// Follows the container's output from its beginning until it ends.
  virtual boost::asio::awaitable<Status> follow_logs(ContainerId id,
                                                     std::function<void(LogLine)> on_line) = 0;
};

}  // namespace longshore::runtime
