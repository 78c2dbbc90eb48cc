#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/container_runtime.hpp"
#include "runtime/docker/container_messages.hpp"
#include "runtime/docker/docker_settings.hpp"
#include "runtime/docker/engine_connection.hpp"
#include "runtime/docker/log_frames.hpp"

namespace longshore::runtime::docker {

/// Docker Engine, API 1.24 and newer, over its unix socket. The contract of every call is in
/// ContainerRuntime. All members belong to the event loop.
class DockerRuntime final : public ContainerRuntime {
 public:
  explicit DockerRuntime(DockerSettings settings);

  boost::asio::awaitable<Result<RuntimeInfo>> info() override;
  boost::asio::awaitable<Status> ping() override;
  Breaker& breaker() override { return engine_.breaker(); }

  boost::asio::awaitable<Result<CreatedContainer>> create(ContainerSpec spec) override;
  boost::asio::awaitable<Status> start(ContainerId id, std::string min_api_version) override;
  boost::asio::awaitable<Status> stop(ContainerId id, std::chrono::seconds grace) override;
  boost::asio::awaitable<Status> kill(ContainerId id) override;
  boost::asio::awaitable<Status> remove(ContainerId id) override;
  boost::asio::awaitable<Result<ContainerState>> inspect(ContainerId id) override;
  boost::asio::awaitable<Result<std::vector<ContainerState>>> list(std::string label_key,
                                                                   std::string value) override;

  boost::asio::awaitable<Result<std::string>> resolve_digest(std::string image,
                                                             RegistryAuth auth) override;
  /// An error inside the progress has the registry's text as it stands, without "Error response
  /// from daemon", as from the official agent.
  boost::asio::awaitable<Status> pull(std::string image, RegistryAuth auth,
                                      PullTimeouts timeouts) override;
  boost::asio::awaitable<Status> tag(std::string image, std::string new_name) override;
  boost::asio::awaitable<Result<ImageState>> inspect_image(std::string image) override;
  boost::asio::awaitable<Status> load_image(std::string tar) override;

  boost::asio::awaitable<Status> create_volume(VolumeSpec spec) override;
  boost::asio::awaitable<Result<VolumeState>> inspect_volume(std::string name) override;
  boost::asio::awaitable<Status> remove_volume(std::string name) override;

  boost::asio::awaitable<Status> watch(std::string label_key, std::int64_t since_nano,
                                       std::function<void()> on_open,
                                       std::function<void(RuntimeEvent)> on_event) override;
  boost::asio::awaitable<Status> follow_logs(ContainerId id,
                                             std::function<void(LogLine)> on_line) override;

 private:
  boost::asio::awaitable<Result<InspectedContainer>> inspect_by(std::string id_or_name);
  boost::asio::awaitable<Status> read_logs(std::string path, LogFrames* frames,
                                           std::chrono::milliseconds silence,
                                           std::function<void(LogLine)> on_line);
  /// The id of the container that has the spec's name, which the engine says is taken, when it is
  /// the one the spec describes. Errors: Conflict (it is another's), Unavailable (not seen).
  boost::asio::awaitable<Result<ContainerId>> find_own(ContainerSpec spec);

  DockerSettings settings_;
  EngineConnection engine_;
};

}  // namespace longshore::runtime::docker
