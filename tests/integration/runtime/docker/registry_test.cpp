#include <catch2/catch.hpp>

#include "tests/integration/runtime/docker/engine_under_test.hpp"

namespace longshore::runtime::docker {
namespace {

RegistryAuth login(std::string password) {
  return {.username = "AWS",
          .password = Secret(std::move(password)),
          .server_address = from_runner("LONGSHORE_TEST_REGISTRY")};
}

std::string registry_password() { return from_runner("LONGSHORE_TEST_REGISTRY_PASSWORD"); }

std::string image(const std::string& tag) {
  return from_runner("LONGSHORE_TEST_REGISTRY") + "/app" + tag;
}

TEST_CASE("an image is pulled by the digest its registry holds", "[integration][docker]") {
  REQUIRE_FALSE(from_runner("LONGSHORE_TEST_REGISTRY").empty());
  EngineUnderTest engine;
  const auto digest =
      engine.run(engine.docker.resolve_digest(image(":1"), login(registry_password())));
  REQUIRE(digest);
  CHECK(digest->starts_with("sha256:"));
  const std::string pinned = image("@" + *digest);
  REQUIRE(engine.run(engine.docker.pull(pinned, login(registry_password()), {})));
  REQUIRE(engine.run(engine.docker.tag(pinned, image(":mine"))));
  const auto found = engine.run(engine.docker.inspect_image(image(":mine")));
  REQUIRE(found);
  CHECK(std::find(found->repo_digests.begin(), found->repo_digests.end(), pinned) !=
        found->repo_digests.end());
  CHECK(engine.run(engine.docker.pull(image(":1"), login(registry_password()), {})));
}

TEST_CASE("a registry's refusal is a matter of permission and tells no password",
          "[integration][docker]") {
  EngineUnderTest engine;
  for (const RegistryAuth& auth : {login("wrong-password"), RegistryAuth{}}) {
    const auto pulled = engine.run(engine.docker.pull(image(":1"), auth, {}));
    REQUIRE_FALSE(pulled);
    CHECK(pulled.error().code == ErrorCode::PermissionDenied);
    CHECK(pulled.error().message.starts_with("Error response from daemon: "));
    CHECK(pulled.error().message.find("wrong-password") == std::string::npos);
    const auto digest = engine.run(engine.docker.resolve_digest(image(":1"), auth));
    REQUIRE_FALSE(digest);
    CHECK(digest.error().code == ErrorCode::PermissionDenied);
  }
}

TEST_CASE("a tag the registry does not have is not found", "[integration][docker]") {
  EngineUnderTest engine;
  const auto auth = login(registry_password());
  const auto pulled = engine.run(engine.docker.pull(image(":none"), auth, {}));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code == ErrorCode::NotFound);
  CHECK(pulled.error().message.find("manifest unknown") != std::string::npos);
  const auto digest = engine.run(engine.docker.resolve_digest(image(":none"), auth));
  REQUIRE_FALSE(digest);
  CHECK(digest.error().code == ErrorCode::NotFound);
}

TEST_CASE("a registry that is not there is unavailable", "[integration][docker]") {
  EngineUnderTest engine;
  const auto pulled = engine.run(engine.docker.pull("127.0.0.1:1/app:1", {}, {}));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code == ErrorCode::Unavailable);
}

}  // namespace
}  // namespace longshore::runtime::docker
