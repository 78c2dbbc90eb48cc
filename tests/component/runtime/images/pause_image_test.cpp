#include "runtime/images/pause_image.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
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

TEST_CASE("a load that fails fails for all who waited for it, and for them alone",
          "[component][images]") {
  Fixture f;
  f.runtime.fail_next("load_image", {ErrorCode::Internal, "no space left on device"});
  f.ask();
  f.ask();
  f.poll();
  REQUIRE(f.outcomes.size() == 2);
  for (const Status& outcome : f.outcomes) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == Error{ErrorCode::Internal, "pause image: no space left on device"});
  }
  CHECK(f.runtime.count("load_image") == 1);
  CHECK(testing::run_on(f.io, f.image.ensure()));
  CHECK(f.runtime.count("load_image") == 2);
}

TEST_CASE("whoever looked before a load had ended does not load again", "[component][images]") {
  Fixture f;
  f.runtime.hold("load_image");
  f.ask();
  f.poll();
  f.runtime.hold("inspect_image");
  f.runtime.fail_next("inspect_image", {ErrorCode::NotFound, "No such image"});
  f.ask();
  f.poll();
  f.runtime.release("load_image");
  f.poll();
  REQUIRE(f.outcomes.size() == 1);
  f.runtime.release("inspect_image");  // Its answer comes late: missing, as it was.
  f.poll();
  REQUIRE(f.outcomes.size() == 2);
  CHECK(f.outcomes[1]);
  CHECK(f.runtime.count("load_image") == 1);
}

TEST_CASE("a load whose caller is cancelled passes on to the next", "[component][images]") {
  Fixture f;
  f.runtime.hold("load_image");
  boost::asio::cancellation_signal cancel;
  bool cancelled = false;
  boost::asio::co_spawn(f.io, f.image.ensure(),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&](std::exception_ptr thrown, const Status&) {
                              cancelled = thrown != nullptr;
                            }));
  f.poll();
  f.ask();
  f.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  f.poll();
  CHECK(cancelled);
  CHECK(f.runtime.count("load_image") == 2);
  f.runtime.release("load_image");
  f.poll();
  REQUIRE(f.outcomes.size() == 1);
  CHECK(f.outcomes[0]);
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
