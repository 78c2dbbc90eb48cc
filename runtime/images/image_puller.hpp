#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "agent/aws/credentials.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/base/text.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/images/ecr_authorizer.hpp"
#include "runtime/images/engine_auth.hpp"

namespace longshore::runtime::images {

/// When to fetch an image (ECS_IMAGE_PULL_BEHAVIOR). Under Always and Once a failed pull ends the
/// task; under the others a cached image will do.
enum class PullBehavior { Default, Always, Once, PreferCached };

/// When to pull, and for how long to try.
struct PullerSettings {
  PullBehavior behavior = PullBehavior::Default;
  PullTimeouts timeouts{};  ///< `total` is that of all tries.
  /// No look-up of a digest is begun later than that after the first.
  std::chrono::milliseconds manifest_timeout{std::chrono::minutes{1}};
  /// ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT: some pulls come long before the image is needed. When
  /// one fails, whether a cached image will do is looked up at once, but for Always.
  bool upfront = false;
};

/// An image a container wants, and how to log in for it.
struct ImageRequest {
  std::string image{};                     ///< As the task names it.
  std::string digest{};                    ///< "sha256:…" that resolve() gave, or empty.
  std::optional<EcrAuthData> ecr{};        ///< nullopt: the instance's own logins, or none.
  std::optional<aws::Credentials> role{};  ///< To ask ECR with; nullopt: the instance's.
  std::string role_identity{};             ///< Names `role` in the token cache.
  std::function<void()> on_begin{};        ///< Called when pull() finds that it has to fetch.
};

/// What asking for an image's digest came to.
struct DigestOutcome {
  std::string digest{};
  std::optional<Error> error{};
  std::string error_name{};  ///< What ECS calls this failure.
};

struct PullOutcome {
  bool needed = false;  ///< No cached image serves.
  std::optional<Error> error{};
  std::string error_name{};  ///< What ECS calls this failure.
  bool fatal = false;        ///< The failure must end the task even if the image is cached.
  /// There is no cached image either. Looked up only where PullerSettings::upfront says so.
  bool missing = false;
  /// The image's own ENV when it was looked at, which is so for a cached one; nullopt: ask.
  std::optional<std::vector<std::string>> environment{};
};

/// Finds and fetches images by the pull behaviour. Call from the event loop only. A failure is a
/// Timeout only when the whole step was out of time, which ECS users are told with its length.
/// Source: amazon-ecs-agent:agent/engine/docker_task_engine.go, agent/dockerclient/dockerapi.
class ImagePuller {
 public:
  using InstanceCredentials = std::function<boost::asio::awaitable<Result<aws::Credentials>>()>;

  ImagePuller(ContainerRuntime& runtime, EcrAuthorizer& ecr, EngineAuth logins, Clock& clock,
              PullerSettings settings, InstanceCredentials instance_credentials,
              std::function<double()> random = random_unit);

  /// Which digest `image` has now, or the one that the reference carries; empty when the image is
  /// cached, needs no pull, and came from no registry, or when the engine cannot look it up.
  /// Transient failures are repeated, 9 tries in all.
  boost::asio::awaitable<DigestOutcome> resolve(ImageRequest request);
  /// Fetches the image unless the behaviour is content with a cached one. Transient failures are
  /// repeated, 5 tries in all. A resolved digest is what is pulled, then tagged as the task wants.
  boost::asio::awaitable<PullOutcome> pull(ImageRequest request);
  /// Whether a failed look-up must end the task even if the image is cached.
  [[nodiscard]] bool failure_is_fatal() const;

 private:
  boost::asio::awaitable<Result<RegistryAuth>> log_in(ImageRequest request);
  boost::asio::awaitable<Result<RegistryAuth>> ask_ecr(ImageRequest request);
  /// The image on this host, when it is there and the behaviour is content with it.
  boost::asio::awaitable<std::optional<ImageState>> find_cached(std::string image);
  boost::asio::awaitable<PullOutcome> failed_pull(std::string image, PullOutcome outcome);
  boost::asio::awaitable<Status> fetch(ImageRequest request, RegistryAuth auth);
  struct Repetition;
  /// Calls again what failed and may succeed yet, with an engine that is there. Gives the last
  /// outcome.
  template <typename Call>
  std::invoke_result_t<Call> repeat(Repetition how, std::string image, Call call);

  ContainerRuntime& runtime_;
  EcrAuthorizer& ecr_;
  EngineAuth logins_;
  Clock& clock_;
  PullerSettings settings_;
  InstanceCredentials instance_credentials_;
  std::function<double()> random_;
  std::set<std::string> pulled_{};  ///< Names this process pulled with success, for Once.
};

}  // namespace longshore::runtime::images
