#include "runtime/images/image_puller.hpp"

#include <algorithm>
#include <utility>

#include "agent/base/log.hpp"
#include "runtime/images/image_reference.hpp"

namespace longshore::runtime::images {
namespace {

constexpr int kTries = 5;
constexpr double kFirstDelayMs = 1'100;
constexpr double kMaxDelayMs = 5'000;
constexpr std::size_t kMaxRemembered = 10'000;

/// Asking again cannot help: the registry has answered, and the answer is no.
bool is_final(const Error& error) {
  if (error.code == ErrorCode::NotFound || error.code == ErrorCode::PermissionDenied ||
      error.code == ErrorCode::InvalidInput) {
    return true;
  }
  // The engine gives these as plain 500s.
  for (const char* words : {"unauthorized", "no basic auth credentials", "denied",
                            "manifest unknown", "not found", "x509:"}) {
    if (error.message.find(words) != std::string::npos) return true;
  }
  return false;
}

/// "repo@sha256:…": what to pull so that it is the digest that was reported.
std::string by_digest(const ImageReference& reference, const std::string& digest) {
  ImageReference exact = reference;
  exact.tag.clear();
  exact.digest = digest;
  return familiar_name(exact);
}

/// The digest among an image's own that belongs to this repository.
std::optional<std::string> local_digest(const ImageState& image, const ImageReference& wanted) {
  for (const std::string& name : image.repo_digests) {
    const auto parsed = parse_image_reference(name);
    if (parsed && parsed->registry == wanted.registry && parsed->repository == wanted.repository) {
      return parsed->digest;
    }
  }
  return std::nullopt;
}

}  // namespace

ImagePuller::ImagePuller(ContainerRuntime& runtime, EcrAuthorizer& ecr, EngineAuth logins,
                         Clock& clock, PullerSettings settings,
                         InstanceCredentials instance_credentials, std::function<double()> random)
    : runtime_(runtime),
      ecr_(ecr),
      logins_(std::move(logins)),
      clock_(clock),
      settings_(settings),
      instance_credentials_(std::move(instance_credentials)),
      random_(std::move(random)) {}

bool ImagePuller::failure_is_fatal() const {
  return settings_.behavior == PullBehavior::Always || settings_.behavior == PullBehavior::Once;
}

boost::asio::awaitable<Result<RegistryAuth>> ImagePuller::log_in(ImageRequest request) {
  if (!request.ecr) co_return logins_.find(request.image);
  std::string identity = request.role_identity;
  if (!request.role) {
    auto own = co_await instance_credentials_();
    if (!own) co_return fail("the instance's credentials", std::move(own).error());
    request.role = std::move(*own);
    identity = "instance";
  }
  co_return co_await ecr_.authorize(std::move(*request.ecr), std::move(*request.role),
                                    std::move(identity));
}

boost::asio::awaitable<std::optional<ImageState>> ImagePuller::find_cached(std::string image) {
  const bool may_be = settings_.behavior == PullBehavior::PreferCached ||
                      (settings_.behavior == PullBehavior::Once && pulled_.contains(image));
  if (!may_be) co_return std::nullopt;
  auto local = co_await runtime_.inspect_image(std::move(image));
  if (!local) co_return std::nullopt;
  co_return std::move(*local);
}

boost::asio::awaitable<Result<std::string>> ImagePuller::resolve(ImageRequest request) {
  const auto wanted = parse_image_reference(request.image);
  if (!wanted) co_return fail(wanted.error());
  if (!wanted->digest.empty()) co_return std::string();
  if (const auto local = co_await find_cached(request.image)) {
    if (local->repo_digests.empty()) co_return std::string();
    const auto digest = local_digest(*local, *wanted);
    if (digest) co_return *digest;
    co_return fail(ErrorCode::NotFound, "the cached image {} has no digest of repository {}",
                   request.image, wanted->repository);
  }
  const std::string image = request.image;
  auto auth = co_await log_in(std::move(request));
  if (!auth) co_return fail(std::move(auth).error());
  co_return co_await runtime_.resolve_digest(image, std::move(*auth));
}

boost::asio::awaitable<Status> ImagePuller::fetch(ImageRequest request, RegistryAuth auth) {
  const auto reference = parse_image_reference(request.image);
  if (!reference) co_return fail(reference.error());
  const bool exact = !request.digest.empty();
  std::string name = exact ? by_digest(*reference, request.digest) : familiar_name(*reference);
  double delay_ms = kFirstDelayMs;
  for (int attempt = 1;; ++attempt) {
    auto pulled = co_await runtime_.pull(name, auth, settings_.timeouts);
    if (pulled) break;
    if (attempt == kTries || is_final(pulled.error())) co_return pulled;
    log_warn("pull failed, trying again",
             {{"image", request.image}, {"attempt", attempt}, {"error", pulled.error().message}});
    co_await clock_.sleep_for(
        std::chrono::milliseconds{static_cast<std::int64_t>(delay_ms * (1.0 + 0.2 * random_()))});
    delay_ms = std::min(delay_ms * 2, kMaxDelayMs);
  }
  if (!exact) co_return Status{};
  co_return co_await runtime_.tag(std::move(name), familiar_name(*reference));
}

boost::asio::awaitable<PullOutcome> ImagePuller::pull(ImageRequest request) {
  if (auto cached = co_await find_cached(request.image)) {
    co_return PullOutcome{.environment = std::move(cached->environment)};
  }
  PullOutcome outcome{.began = clock_.wall_now()};
  const bool from_ecr = request.ecr.has_value();
  const std::string image = request.image;
  auto auth = co_await log_in(request);
  if (!auth) {
    outcome.error = std::move(auth).error();
    outcome.error_name = from_ecr ? "CannotPullECRContainerError" : "CannotPullContainerAuthError";
    co_return outcome;
  }
  const Status fetched = co_await fetch(std::move(request), std::move(*auth));
  if (!fetched) {
    outcome.error = fetched.error();
    outcome.error_name = "CannotPullContainerError";
    co_return outcome;
  }
  if (pulled_.size() >= kMaxRemembered) pulled_.clear();
  pulled_.insert(image);
  co_return outcome;
}

}  // namespace longshore::runtime::images
