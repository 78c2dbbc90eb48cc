#include "runtime/images/image_puller.hpp"

#include <catch2/catch.hpp>

#include "tests/component/agent/aws/aws_service.hpp"
#include "tests/support/fake_runtime.hpp"

namespace longshore::runtime::images {
namespace {

using namespace std::chrono_literals;

constexpr const char* kImage = "registry.test/team/app:1";
const std::vector<std::string> kEnvironment{"PATH=/bin"};
const std::string kCachedDigest = "sha256:" + std::string(64, 'c');
const std::string kRemoteDigest = "sha256:" + std::string(64, 'd');

struct Fixture {
  explicit Fixture(PullBehavior behavior) : Fixture(PullerSettings{.behavior = behavior}) {}
  explicit Fixture(PullerSettings settings)
      : puller(
            runtime, ecr, EngineAuth(), service.clock, settings,
            [this]() -> boost::asio::awaitable<Result<aws::Credentials>> {
              co_return fail(without_credentials);
            },
            [] { return 0.0; }) {
    runtime.remote_images[kImage] = {.id = "sha256:remote", .environment = {"PATH=/new"}};
    runtime.remote_digests[kImage] = kRemoteDigest;
  }
  void is_cached(std::vector<std::string> digests = {"registry.test/team/app@" + kCachedDigest}) {
    runtime.images[kImage] = {
        .id = "sha256:local", .repo_digests = std::move(digests), .environment = kEnvironment};
  }
  DigestOutcome resolve() { return service.run(puller.resolve({.image = kImage})); }
  PullOutcome pull() { return service.run(puller.pull({.image = kImage})); }

  void fail_next(const std::string& call, int times, Error error) {
    for (int i = 0; i < times; ++i) runtime.fail_next(call, error);
  }

  Error without_credentials{ErrorCode::NotFound, "no credentials"};
  testing::AwsService service;
  testing::FakeRuntime runtime;
  EcrAuthorizer ecr{service.client, service.clock, {}};
  ImagePuller puller;
};

TEST_CASE("a cached image is looked at once to resolve it and once to pull it",
          "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  f.is_cached();
  CHECK(f.resolve().digest == kCachedDigest);
  CHECK(f.runtime.count("inspect_image") == 1);
  const auto outcome = f.pull();
  CHECK_FALSE(outcome.needed);
  CHECK_FALSE(outcome.error);
  CHECK(outcome.environment == kEnvironment);
  CHECK(f.runtime.count("inspect_image") == 2);
  CHECK(f.runtime.calls().size() == 2);  // Nothing else was asked.
}

TEST_CASE("a pull tells when it begins, and a cached image begins none", "[component][images]") {
  const bool cached = GENERATE(false, true);
  Fixture f(PullBehavior::PreferCached);
  if (cached) f.is_cached();
  int begun = 0;
  f.service.run(f.puller.pull({.image = kImage, .on_begin = [&] { ++begun; }}));
  CHECK(begun == (cached ? 0 : 1));
}

TEST_CASE("a reference's own digest is its digest, and what is pulled is not tagged",
          "[component][images]") {
  Fixture f(PullBehavior::Always);
  const std::string image = "registry.test/team/app@" + kCachedDigest;
  CHECK(f.service.run(f.puller.resolve({.image = image})).digest == kCachedDigest);
  CHECK(f.runtime.calls().empty());
  f.runtime.remote_images[image] = {.id = "sha256:remote"};
  CHECK_FALSE(f.service.run(f.puller.pull({.image = image, .digest = kCachedDigest})).error);
  CHECK(f.runtime.count("pull") == 1);
  CHECK(f.runtime.count("tag") == 0);
}

TEST_CASE("a cached image that came from no registry has no digest", "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  f.is_cached({});
  CHECK(f.resolve().digest == "");
}

TEST_CASE("a cached image of another repository has no digest for this one",
          "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  f.is_cached({"registry.test/other@" + kCachedDigest});
  const auto outcome = f.resolve();
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == ErrorCode::NotFound);
  CHECK(outcome.error_name == "CannotPullImageManifestError");
  CHECK(f.runtime.count("inspect_image") == 1);
}

TEST_CASE("an image that is not cached is asked for and pulled", "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  CHECK(f.resolve().digest == kRemoteDigest);
  const auto outcome = f.pull();
  CHECK(outcome.needed);
  CHECK_FALSE(outcome.environment);
  CHECK(f.runtime.count("pull") == 1);
  CHECK(f.runtime.count("inspect_image") == 2);
}

TEST_CASE("a cached image does not count where it is always asked for", "[component][images]") {
  Fixture f(GENERATE(PullBehavior::Default, PullBehavior::Always));
  f.is_cached();
  CHECK(f.resolve().digest == kRemoteDigest);
  const auto outcome = f.pull();
  CHECK(outcome.needed);
  CHECK_FALSE(outcome.environment);
  CHECK(f.runtime.count("inspect_image") == 0);
}

TEST_CASE("once: what this process has pulled is pulled no more while it is there",
          "[component][images]") {
  Fixture f(PullBehavior::Once);
  f.is_cached();
  CHECK(f.pull().needed);  // Cached, but not by this process.
  CHECK_FALSE(f.pull().needed);
  CHECK(f.pull().environment == std::vector<std::string>{"PATH=/new"});
  f.runtime.images.clear();
  CHECK(f.pull().needed);
}

TEST_CASE("a failed pull ends the task by the behaviour", "[component][images]") {
  const auto [behavior, fatal] =
      GENERATE(table<PullBehavior, bool>({{PullBehavior::Default, false},
                                          {PullBehavior::PreferCached, false},
                                          {PullBehavior::Once, true},
                                          {PullBehavior::Always, true}}));
  Fixture f(behavior);
  f.runtime.remote_images.clear();
  const auto outcome = f.pull();
  CHECK(outcome.error);
  CHECK(outcome.fatal == fatal);
  CHECK_FALSE(outcome.missing);
}

TEST_CASE("a pull long before its time says whether a cached image serves", "[component][images]") {
  const auto behavior = GENERATE(PullBehavior::Default, PullBehavior::Once, PullBehavior::Always);
  const bool forgives = behavior != PullBehavior::Always;
  const bool cached = GENERATE(true, false);
  Fixture f(PullerSettings{.behavior = behavior, .upfront = true});
  f.runtime.remote_images.clear();
  if (cached) f.is_cached();
  const auto outcome = f.pull();
  CHECK(outcome.error);
  CHECK(outcome.fatal == !forgives);
  CHECK(outcome.missing == (forgives && !cached));
}

TEST_CASE("a cached image that nobody could look at does not forgive", "[component][images]") {
  const auto behavior = GENERATE(PullBehavior::Default, PullBehavior::Once);
  Fixture f(PullerSettings{.behavior = behavior, .upfront = true});
  f.runtime.remote_images.clear();
  f.fail_next("inspect_image", 1, {ErrorCode::Timeout, "no answer"});
  const auto outcome = f.pull();
  CHECK(outcome.fatal == (behavior == PullBehavior::Once));
  CHECK_FALSE(outcome.missing);
}

TEST_CASE("a resolved digest is what is pulled, under the name the task gives it",
          "[component][images]") {
  Fixture f(PullBehavior::Default);
  const std::string exact = "registry.test/team/app@" + kRemoteDigest;
  f.runtime.remote_images[exact] = {.id = "sha256:exact"};
  const auto outcome = f.service.run(f.puller.pull({.image = kImage, .digest = kRemoteDigest}));
  CHECK_FALSE(outcome.error);
  CHECK(f.runtime.images.at(kImage).id == "sha256:exact");
}

TEST_CASE("a pull that failed says what can be done", "[component][images]") {
  Fixture f(PullBehavior::Default);
  f.fail_next("pull", 5,
              {ErrorCode::NotFound, "denied: requested access to the resource is denied"});
  const auto outcome = f.pull();
  REQUIRE(outcome.error);
  CHECK(outcome.error->message ==
        "Check that the image exists, and that the login for its registry may pull it. denied: "
        "requested access to the resource is denied");
}

TEST_CASE("a pull that fails for a while is repeated, five tries in all", "[component][images]") {
  Fixture f(PullBehavior::Default);
  const int failures = GENERATE(4, 5);
  f.fail_next("pull", failures, {ErrorCode::Unavailable, "connection reset"});
  const auto outcome = f.pull();
  CHECK(f.runtime.count("pull") == 5);
  CHECK(outcome.error.has_value() == (failures == 5));
  CHECK(outcome.error_name == (failures == 5 ? "CannotPullContainerError" : ""));
  // 1.1 s, 2.2 s, 4.4 s, 5 s.
  CHECK(f.service.slept >= 12'700ms);
  CHECK(f.service.slept < 14s);
}

TEST_CASE("a look-up that fails for a while is repeated, nine tries in all",
          "[component][images]") {
  Fixture f(PullBehavior::Always);
  const int failures = GENERATE(8, 9);
  f.fail_next("resolve_digest", failures, {ErrorCode::Unavailable, "TLS handshake timeout"});
  const auto outcome = f.resolve();
  CHECK(f.runtime.count("resolve_digest") == 9);
  CHECK(outcome.error.has_value() == (failures == 9));
  CHECK(outcome.digest == (failures == 9 ? "" : kRemoteDigest));
  CHECK(outcome.error_name == (failures == 9 ? "CannotPullImageManifestError" : ""));
  // 10 ms, 30 ms, 90 ms, 270 ms, 810 ms, 2.43 s, 5 s, 5 s.
  CHECK(f.service.slept >= 13'640ms);
  CHECK(f.service.slept < 14'500ms);
}

TEST_CASE("a failed tag is repeated, five tries in all", "[component][images]") {
  Fixture f(PullBehavior::Default);
  f.runtime.remote_images["registry.test/team/app@" + kRemoteDigest] = {.id = "sha256:exact"};
  const int failures = GENERATE(4, 5);
  f.fail_next("tag", failures, {ErrorCode::Internal, "busy"});
  const auto outcome = f.service.run(f.puller.pull({.image = kImage, .digest = kRemoteDigest}));
  CHECK(f.runtime.count("tag") == 5);
  CHECK(f.runtime.count("pull") == 1);
  CHECK(outcome.error.has_value() == (failures == 5));
  CHECK(f.service.slept == 400ms);
}

TEST_CASE("no try is begun after the end of the step", "[component][images]") {
  Fixture f({.timeouts = {.total = 2s}, .manifest_timeout = 1s});
  const Error away{ErrorCode::Unavailable, "connection reset"};
  f.fail_next("resolve_digest", 9, away);
  CHECK(f.resolve().error == away);
  CHECK(f.runtime.count("resolve_digest") == 5);
  f.fail_next("pull", 5, away);
  CHECK(f.pull().error == away);
  CHECK(f.runtime.count("pull") == 2);
  CHECK(f.runtime.pull_limits().total == 900ms);  // Of the 2 s, after a rest of 1.1 s.
}

TEST_CASE("a registry's no is final, and so is the end of the time", "[component][images]") {
  Fixture f(PullBehavior::Default);
  const Error error =
      GENERATE(as<Error>{}, Error{ErrorCode::Unavailable, "manifest unknown: x"},
               Error{ErrorCode::NotFound, "no such image"},
               Error{ErrorCode::PermissionDenied, "no"}, Error{ErrorCode::Timeout, "not done"});
  f.runtime.fail_next("resolve_digest", error);
  CHECK(f.resolve().error == error);
  CHECK(f.runtime.count("resolve_digest") == 1);
  f.runtime.fail_next("pull", error);
  CHECK(f.pull().error == error);
  CHECK(f.runtime.count("pull") == 1);
}

TEST_CASE("an engine that is away is not asked again", "[component][images]") {
  Fixture f(PullBehavior::Default);
  f.runtime.breaker().open("it hangs");
  CHECK(f.resolve().error == Error{ErrorCode::Unavailable, "it hangs"});
  CHECK(f.runtime.count("resolve_digest") == 1);
  f.runtime.fail_next("pull", {ErrorCode::Unavailable, "no socket"});
  CHECK(f.pull().error);
  CHECK(f.runtime.count("pull") == 1);
}

TEST_CASE("a private image without credentials fails before a registry is asked",
          "[component][images]") {
  Fixture f(PullBehavior::Default);
  const auto pull = f.service.run(f.puller.pull({.image = kImage, .ecr = EcrAuthData{}}));
  const auto look_up = f.service.run(f.puller.resolve({.image = kImage, .ecr = EcrAuthData{}}));
  CHECK(pull.error == Error{ErrorCode::NotFound, "the instance's credentials: no credentials"});
  CHECK(look_up.error == pull.error);
  CHECK(pull.error_name == "CannotPullECRContainerError");
  CHECK(look_up.error_name == "CannotPullECRContainerError");
  CHECK(f.runtime.calls().empty());
}

TEST_CASE("the deadline of a part of a step does not pass for the step's", "[component][images]") {
  Fixture f(PullBehavior::Default);
  f.without_credentials = {ErrorCode::Timeout, "no answer"};
  const ImageRequest private_image{.image = kImage, .ecr = EcrAuthData{}};
  const Error no_login{ErrorCode::Unavailable, "the instance's credentials: no answer"};
  CHECK(f.service.run(f.puller.resolve(private_image)).error == no_login);
  CHECK(f.service.run(f.puller.pull(private_image)).error == no_login);
  f.runtime.remote_images["registry.test/team/app@" + kRemoteDigest] = {.id = "sha256:exact"};
  f.runtime.fail_next("tag", {ErrorCode::Timeout, "no answer"});
  const auto tagged = f.service.run(f.puller.pull({.image = kImage, .digest = kRemoteDigest}));
  CHECK(tagged.error ==
        Error{ErrorCode::Unavailable, std::string("tag ") + kImage + ": no answer"});
  CHECK(f.runtime.count("tag") == 1);
}

}  // namespace
}  // namespace longshore::runtime::images
