#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>

#include "agent/app/links.hpp"
#include "agent/base/lane.hpp"
#include "agent/core/reason.hpp"
#include "agent/net/https_client.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_runtime.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;

/// The engine's image steps over a puller whose instance has no credentials in time.
struct Linked {
  Linked() { link_images(links, puller, 60s, 2h); }
  template <typename T>
  T run(boost::asio::awaitable<T> call) {
    return testing::run_on(io, std::move(call));
  }

  boost::asio::io_context io;
  testing::FakeClock clock;
  testing::FakeRuntime runtime;
  Lane lane{1};
  net::HttpsClient https{lane};
  aws::JsonClient json{https, clock};
  runtime::images::EcrAuthorizer ecr{json, clock, {}};
  runtime::images::ImagePuller puller{runtime,
                                      ecr,
                                      {},
                                      clock,
                                      {.behavior = runtime::images::PullBehavior::Always},
                                      []() -> boost::asio::awaitable<Result<aws::Credentials>> {
                                        co_return fail(ErrorCode::Timeout, "no answer");
                                      }};
  engine::EngineLinks links{};
};

TEST_CASE("ECR that gives no login in time is blamed by its name", "[component][app]") {
  Linked linked;
  const engine::ImageRequest request{.image = "registry.test/app:1", .ecr = core::EcrAuth{}};
  const std::string reason = "CannotPullECRContainerError: the instance's credentials: no answer";
  const auto resolution = linked.run(linked.links.resolve_image(request));
  REQUIRE(resolution.failure);
  CHECK(core::named_reason(resolution.failure_name, "step", *resolution.failure) == reason);
  CHECK(resolution.fatal);
  const auto pull = linked.run(linked.links.pull_image(request));
  REQUIRE(pull.failure);
  CHECK(core::named_reason(pull.failure_name, "step", *pull.failure) == reason);
}

TEST_CASE("a registry that is out of time is told with the step and its length",
          "[component][app]") {
  Linked linked;
  linked.runtime.fail_next("resolve_digest", {ErrorCode::Timeout, "no complete answer in time"});
  const auto resolution = linked.run(linked.links.resolve_image({.image = "registry.test/app:1"}));
  REQUIRE(resolution.failure);
  CHECK(
      core::named_reason(resolution.failure_name, "MANIFEST_PULLED", *resolution.failure) ==
      "DockerTimeoutError: Could not transition to MANIFEST_PULLED; timed out after waiting 1m0s");
}

}  // namespace
}  // namespace longshore::app
