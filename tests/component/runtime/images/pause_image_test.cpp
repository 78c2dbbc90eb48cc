#include "runtime/images/pause_image.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/fake_runtime.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::runtime::images {
namespace {

struct Fixture {
  Fixture() { runtime.loadable[pause_image_tar()] = kPauseImage; }

  /// Starts a call; its outcome is added when it has one.
  void ask() {
    boost::asio::co_spawn(io, image.ensure(), [this](std::exception_ptr, Status status) {
      outcomes.push_back(std::move(status));
    });
  }
  void poll() {
    io.restart();
    io.poll();
  }

  boost::asio::io_context io;
  testing::FakeRuntime runtime;
  PauseImage image{runtime};
  std::vector<Status> outcomes;
};

TEST_CASE("a present pause image costs one look", "[component][images]") {
  Fixture f;
  f.runtime.images[kPauseImage] = {.id = "sha256:0a"};
  REQUIRE(testing::run_on(f.io, f.image.ensure()));
  CHECK(f.runtime.count("inspect_image") == 1);
  CHECK(f.runtime.calls().size() == 1);
}

TEST_CASE("a missing pause image is loaded once, however many ask", "[component][images]") {
  Fixture f;
  f.runtime.hold("load_image");
  for (int i = 0; i < 20; ++i) f.ask();
  f.poll();
  CHECK(f.runtime.count("load_image") == 1);
  CHECK(f.outcomes.empty());
  f.runtime.release("load_image");
  f.poll();
  REQUIRE(f.outcomes.size() == 20);
  for (const Status& outcome : f.outcomes) CHECK(outcome);
  CHECK(f.runtime.count("load_image") == 1);
  CHECK(f.runtime.images.contains(kPauseImage));
}

TEST_CASE("a pause image that someone removed is loaded again", "[component][images]") {
  Fixture f;
  REQUIRE(testing::run_on(f.io, f.image.ensure()));
  f.runtime.images.clear();
  REQUIRE(testing::run_on(f.io, f.image.ensure()));
  CHECK(f.runtime.count("load_image") == 2);
}

TEST_CASE("those who wait try a load of their own after one that failed", "[component][images]") {
  Fixture f;
  f.runtime.fail_next("load_image", {ErrorCode::Internal, "no space left on device"});
  f.ask();
  f.ask();
  f.poll();
  REQUIRE(f.outcomes.size() == 2);
  REQUIRE_FALSE(f.outcomes[0]);
  CHECK(f.outcomes[0].error() ==
        Error{ErrorCode::Internal, "pause image: no space left on device"});
  CHECK(f.outcomes[1]);
}

TEST_CASE("an engine that cannot say whether it has the pause image is given none",
          "[component][images]") {
  Fixture f;
  f.runtime.fail_next("inspect_image", {ErrorCode::Timeout, "no answer"});
  const Status outcome = testing::run_on(f.io, f.image.ensure());
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error() == Error{ErrorCode::Timeout, "pause image: no answer"});
  CHECK(f.runtime.count("load_image") == 0);
}

}  // namespace
}  // namespace longshore::runtime::images
