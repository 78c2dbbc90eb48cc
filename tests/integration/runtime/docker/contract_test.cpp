#include <catch2/catch.hpp>

#include "runtime/images/pause_image.hpp"
#include "tests/integration/runtime/docker/engine_under_test.hpp"
#include "tests/support/runtime_contract.hpp"

namespace longshore::runtime::docker {
namespace {

TEST_CASE("Docker Engine keeps the runtime contract", "[integration][docker]") {
  EngineUnderTest engine;
  testing::RuntimeContract({.io = engine.io,
                            .runtime = engine.docker,
                            .image = EngineUnderTest::kImage,
                            .prefix = engine.prefix,
                            .image_tar = images::pause_image_tar(),
                            .image_in_tar = images::kPauseImage})
      .check();
}

}  // namespace
}  // namespace longshore::runtime::docker
