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
  explicit Fixture(PullBehavior behavior)
      : puller(
            runtime, ecr, EngineAuth(), service.clock, {.behavior = behavior},
            []() -> boost::asio::awaitable<Result<aws::Credentials>> {
              co_return fail(ErrorCode::NotFound, "no credentials");
            },
            [] { return 0.0; }) {
    runtime.remote_images[kImage] = {.id = "sha256:remote", .environment = {"PATH=/new"}};
    runtime.remote_digests[kImage] = kRemoteDigest;
  }
  void is_cached(std::vector<std::string> digests = {"registry.test/team/app@" + kCachedDigest}) {
    runtime.images[kImage] = {
        .id = "sha256:local", .repo_digests = std::move(digests), .environment = kEnvironment};
  }
  Result<std::string> resolve() { return service.run(puller.resolve({.image = kImage})); }
  PullOutcome pull() { return service.run(puller.pull({.image = kImage})); }

  testing::AwsService service;
  testing::FakeRuntime runtime;
  EcrAuthorizer ecr{service.client, service.clock, {}};
  ImagePuller puller;
};

TEST_CASE("a cached image is looked at once to resolve it and once to pull it",
          "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  f.is_cached();
  CHECK(f.resolve() == kCachedDigest);
  CHECK(f.runtime.count("inspect_image") == 1);
  const auto outcome = f.pull();
  CHECK_FALSE(outcome.began);
  CHECK_FALSE(outcome.error);
  CHECK(outcome.environment == kEnvironment);
  CHECK(f.runtime.count("inspect_image") == 2);
  CHECK(f.runtime.calls().size() == 2);  // Nothing else was asked.
}

TEST_CASE("a cached image that came from no registry has no digest", "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  f.is_cached({});
  CHECK(f.resolve() == "");
}

TEST_CASE("a cached image of another repository has no digest for this one",
          "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  f.is_cached({"registry.test/other@" + kCachedDigest});
  const auto digest = f.resolve();
  REQUIRE_FALSE(digest);
  CHECK(digest.error().code == ErrorCode::NotFound);
  CHECK(f.runtime.count("inspect_image") == 1);
}

TEST_CASE("an image that is not cached is asked for and pulled", "[component][images]") {
  Fixture f(PullBehavior::PreferCached);
  CHECK(f.resolve() == kRemoteDigest);
  const auto outcome = f.pull();
  CHECK(outcome.began);
  CHECK_FALSE(outcome.environment);
  CHECK(f.runtime.count("pull") == 1);
  CHECK(f.runtime.count("inspect_image") == 2);
}

TEST_CASE("a cached image does not count where it is always asked for", "[component][images]") {
  Fixture f(GENERATE(PullBehavior::Default, PullBehavior::Always));
  f.is_cached();
  CHECK(f.resolve() == kRemoteDigest);
  const auto outcome = f.pull();
  CHECK(outcome.began);
  CHECK_FALSE(outcome.environment);
  CHECK(f.runtime.count("inspect_image") == 0);
}

TEST_CASE("once: what this process has pulled is pulled no more while it is there",
          "[component][images]") {
  Fixture f(PullBehavior::Once);
  f.is_cached();
  CHECK(f.pull().began);  // Cached, but not by this process.
  CHECK_FALSE(f.pull().began);
  CHECK(f.pull().environment == std::vector<std::string>{"PATH=/new"});
  f.runtime.images.clear();
  CHECK(f.pull().began);
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

TEST_CASE("a pull that fails for a while is repeated, five tries in all", "[component][images]") {
  Fixture f(PullBehavior::Default);
  const int failures = GENERATE(4, 5);
  for (int i = 0; i < failures; ++i) {
    f.runtime.fail_next("pull", {ErrorCode::Unavailable, "connection reset"});
  }
  const auto outcome = f.pull();
  CHECK(f.runtime.count("pull") == 5);
  CHECK(outcome.error.has_value() == (failures == 5));
  CHECK(outcome.error_name == (failures == 5 ? "CannotPullContainerError" : ""));
  // 1.1 s, 2.2 s, 4.4 s, 5 s.
  CHECK(f.service.slept >= 12'700ms);
  CHECK(f.service.slept < 14s);
}

TEST_CASE("a registry's no is final", "[component][images]") {
  Fixture f(PullBehavior::Default);
  f.runtime.fail_next("pull", {ErrorCode::Unavailable, "manifest unknown: x"});
  CHECK(f.pull().error);
  CHECK(f.runtime.count("pull") == 1);
}

TEST_CASE("a private image without credentials fails before anything is pulled",
          "[component][images]") {
  Fixture f(PullBehavior::Default);
  const auto outcome = f.service.run(f.puller.pull({.image = kImage, .ecr = EcrAuthData{}}));
  REQUIRE(outcome.error);
  CHECK(outcome.error->message == "the instance's credentials: no credentials");
  CHECK(outcome.error_name == "CannotPullECRContainerError");
  CHECK(f.runtime.count("pull") == 0);
}

}  // namespace
}  // namespace longshore::runtime::images
