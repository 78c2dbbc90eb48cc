#include "runtime/docker/api_version.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("versions compare by number, not by text", "[unit][docker]") {
  CHECK(*parse_api_version("1.9") < *parse_api_version("1.41"));
  CHECK(*parse_api_version("2.0") > *parse_api_version("1.41"));
  CHECK(to_string(*parse_api_version("1.41")) == "1.41");
}

TEST_CASE("what is no version is refused by name", "[unit][docker]") {
  for (const auto* text :
       {"", "1", "1.", ".4", "v1.41", "1.41.0", "1.-4", "1. 4", "1.99999999999"}) {
    const auto version = parse_api_version(text);
    INFO(text);
    REQUIRE_FALSE(version);
    CHECK(version.error().code == ErrorCode::InvalidInput);
  }
}

TEST_CASE("both sides speak the newest version they both know", "[unit][docker]") {
  CHECK(*common_version({.newest = {1, 41}, .oldest = {1, 12}}) == ApiVersion{1, 41});
  CHECK(*common_version({.newest = {1, 99}, .oldest = {1, 44}}) == kNewestKnown);
  CHECK(*common_version({.newest = {1, 24}, .oldest = {1, 24}}) == ApiVersion{1, 24});
}

TEST_CASE("engines too old or too new for this agent are told", "[unit][docker]") {
  for (const EngineVersions engine :
       {EngineVersions{{1, 23}, {1, 12}}, EngineVersions{{1, 60}, {1, 48}}}) {
    const auto version = common_version(engine);
    REQUIRE_FALSE(version);
    CHECK(version.error().code == ErrorCode::Unavailable);
    CHECK(version.error().message.find(to_string(engine.newest)) != std::string::npos);
  }
}

TEST_CASE("a container's version is the task's wish, raised to 1.21 and to the engine's oldest",
          "[unit][docker]") {
  const EngineVersions old{.newest = {1, 41}, .oldest = {1, 12}};
  const EngineVersions modern{.newest = {1, 51}, .oldest = {1, 44}};
  CHECK(*container_version("", old) == ApiVersion{1, 21});
  CHECK(*container_version("1.17", old) == ApiVersion{1, 21});
  CHECK(*container_version("1.30", old) == ApiVersion{1, 30});
  CHECK(*container_version("1.17", modern) == ApiVersion{1, 44});
  CHECK(*container_version("1.45", modern) == ApiVersion{1, 45});
  CHECK_FALSE(container_version("newest", old));
}

}  // namespace
}  // namespace longshore::runtime::docker
