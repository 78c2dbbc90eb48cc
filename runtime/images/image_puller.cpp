#include "runtime/images/image_puller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "agent/base/log.hpp"
#include "runtime/images/image_reference.hpp"
#include "runtime/images/pull_advice.hpp"

namespace longshore::runtime::images {
namespace {

constexpr std::chrono::seconds kTagTotal{30};
constexpr std::size_t kMaxRemembered = 10'000;
/// ECR's logins alone are asked for; all others are there.
constexpr const char* kNoLogin = "CannotPullECRContainerError";
constexpr const char* kNoDigest = "CannotPullImageManifestError";
constexpr const char* kNoImage = "CannotPullContainerError";

/// Asking again cannot help: the registry has answered, and the answer is no; or all the time that
/// there was has gone.
bool is_final(const Error& error) {
  if (error.code == ErrorCode::NotFound || error.code == ErrorCode::PermissionDenied ||
      error.code == ErrorCode::InvalidInput || error.code == ErrorCode::Timeout) {
    return true;
  }
  // The engine gives these as plain 500s.
  for (const char* words : {"unauthorized", "no basic auth credentials", "denied",
                            "manifest unknown", "not found", "x509:"}) {
    if (error.message.find(words) != std::string::npos) return true;
  }
  return false;
}

/// The failure of a part of a step, whose own deadline is not the step's.
Error of_part(Error error) {
  if (error.code == ErrorCode::Timeout) error.code = ErrorCode::Unavailable;
  return error;
}

DigestOutcome no_digest(Error error, std::string name) {
  return {.error = std::move(error), .error_name = std::move(name)};
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

/// How often something is tried, and how long it rests after each failure.
struct ImagePuller::Repetition {
  std::string_view what{};  ///< For the log.
  int tries = 1;            ///< The first included.
  std::chrono::milliseconds first_delay{};
  std::chrono::milliseconds max_delay{};
  double factor = 1.0;
  double jitter = 0.0;  ///< The part of a delay that chance adds at most.
  SteadyTime end{};     ///< No try begins later.
};

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
  auto auth = co_await ask_ecr(std::move(request));
  if (!auth) co_return fail(of_part(std::move(auth).error()));
  co_return auth;
}

boost::asio::awaitable<Result<RegistryAuth>> ImagePuller::ask_ecr(ImageRequest request) {
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

template <typename Call>
std::invoke_result_t<Call> ImagePuller::repeat(Repetition how, std::string image, Call call) {
  std::chrono::duration<double, std::milli> delay = how.first_delay;
  for (int attempt = 1;; ++attempt) {
    auto outcome = co_await call();
    if (outcome || attempt == how.tries || is_final(outcome.error())) co_return outcome;
    // Whoever wants the image waits for the engine, as long as it is wanted.
    if (runtime_.breaker().is_open()) co_return outcome;
    const auto rest =
        std::chrono::duration_cast<SteadyTime::duration>(delay * (1.0 + how.jitter * random_()));
    if (clock_.steady_now() + rest >= how.end) co_return outcome;
    log_warn(fmt::format("{} failed, trying again", how.what),
             {{"image", image}, {"attempt", attempt}, {"error", outcome.error().message}});
    co_await clock_.sleep_for(rest);
    delay = std::min<decltype(delay)>(delay * how.factor, how.max_delay);
  }
}

boost::asio::awaitable<DigestOutcome> ImagePuller::resolve(ImageRequest request) {
  const auto wanted = parse_image_reference(request.image);
  if (!wanted) {
    // The engine's words are the ones people know.
    auto refused = co_await runtime_.resolve_digest(std::move(request.image), {});
    co_return no_digest(refused ? wanted.error() : std::move(refused).error(), kNoDigest);
  }
  if (!wanted->digest.empty()) co_return DigestOutcome{.digest = wanted->digest};
  if (const auto local = co_await find_cached(request.image)) {
    if (local->repo_digests.empty()) co_return DigestOutcome{};
    auto digest = local_digest(*local, *wanted);
    if (digest) co_return DigestOutcome{.digest = std::move(*digest)};
    co_return no_digest(
        {ErrorCode::NotFound, fmt::format("the cached image {} has no digest of repository {}",
                                          request.image, wanted->repository)},
        kNoDigest);
  }
  const std::string image = request.image;
  auto auth = co_await log_in(std::move(request));
  if (!auth) co_return no_digest(std::move(auth).error(), kNoLogin);
  const Repetition how{.what = "digest look-up",
                       .tries = 9,
                       .first_delay = std::chrono::milliseconds{10},
                       .max_delay = std::chrono::seconds{5},
                       .factor = 3.0,
                       .jitter = 0.2,
                       .end = clock_.steady_now() + settings_.manifest_timeout};
  auto digest = co_await repeat(
      how, image, [this, image, login = *auth] { return runtime_.resolve_digest(image, login); });
  if (!digest) co_return no_digest(std::move(digest).error(), kNoDigest);
  co_return DigestOutcome{.digest = std::move(*digest)};
}

boost::asio::awaitable<Status> ImagePuller::fetch(ImageRequest request, RegistryAuth auth) {
  const auto reference = parse_image_reference(request.image);
  if (!reference) co_return fail(reference.error());
  // Of a reference that carries its digest there is nothing to be tagged.
  const bool exact = !request.digest.empty() && reference->digest.empty();
  const std::string familiar = familiar_name(*reference);
  const std::string name = exact ? by_digest(*reference, request.digest) : familiar;
  const Repetition pulls{.what = "pull",
                         .tries = 5,
                         .first_delay = std::chrono::milliseconds{1'100},
                         .max_delay = std::chrono::seconds{5},
                         .factor = 2.0,
                         .jitter = 0.2,
                         .end = clock_.steady_now() + settings_.timeouts.total};
  Status pulled =
      co_await repeat(pulls, request.image, [this, name, login = std::move(auth), end = pulls.end] {
        using std::chrono::milliseconds;
        PullTimeouts limits = settings_.timeouts;
        limits.total = std::max(
            milliseconds{1}, std::chrono::duration_cast<milliseconds>(end - clock_.steady_now()));
        return runtime_.pull(name, login, limits);
      });
  if (!pulled || !exact) co_return pulled;
  const Repetition tags{.what = "tag",
                        .tries = 5,
                        .first_delay = std::chrono::milliseconds{100},
                        .max_delay = std::chrono::milliseconds{100},
                        .end = clock_.steady_now() + kTagTotal};
  Status tagged = co_await repeat(tags, request.image,
                                  [this, name, familiar] { return runtime_.tag(name, familiar); });
  if (!tagged) co_return fail("tag " + familiar, of_part(std::move(tagged).error()));
  co_return tagged;
}

/// What a failure means, and what is there all the same.
boost::asio::awaitable<PullOutcome> ImagePuller::failed_pull(std::string image,
                                                             PullOutcome outcome) {
  outcome.error->message = with_pull_advice(std::move(outcome.error->message));
  outcome.fatal = failure_is_fatal();
  if (!settings_.upfront || settings_.behavior == PullBehavior::Always) co_return outcome;
  const auto local = co_await runtime_.inspect_image(std::move(image));
  outcome.missing = !local && local.error().code == ErrorCode::NotFound;
  if (local || outcome.missing) outcome.fatal = false;
  co_return outcome;
}

boost::asio::awaitable<PullOutcome> ImagePuller::pull(ImageRequest request) {
  if (auto cached = co_await find_cached(request.image)) {
    co_return PullOutcome{.environment = std::move(cached->environment)};
  }
  PullOutcome outcome{.needed = true};
  if (request.on_begin) request.on_begin();
  const std::string image = request.image;
  auto auth = co_await log_in(request);
  if (!auth) {
    outcome.error = std::move(auth).error();
    outcome.error_name = kNoLogin;
    co_return co_await failed_pull(image, std::move(outcome));
  }
  const Status fetched = co_await fetch(std::move(request), std::move(*auth));
  if (!fetched) {
    outcome.error = fetched.error();
    outcome.error_name = kNoImage;
    co_return co_await failed_pull(image, std::move(outcome));
  }
  if (pulled_.size() >= kMaxRemembered) pulled_.clear();
  pulled_.insert(image);
  co_return outcome;
}

}  // namespace longshore::runtime::images
