#include "runtime/docker/docker_settings.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("DOCKER_HOST names a unix socket", "[unit][docker]") {
  CHECK(*parse_docker_host("unix:///var/run/docker.sock") == "/var/run/docker.sock");
}

TEST_CASE("any other DOCKER_HOST is refused with the accepted form", "[unit][docker]") {
  for (const auto* url :
       {"", "tcp://127.0.0.1:2375", "/var/run/docker.sock", "unix://", "unix://a"}) {
    const auto path = parse_docker_host(url);
    INFO(url);
    REQUIRE_FALSE(path);
    CHECK(path.error().code == ErrorCode::InvalidInput);
    CHECK(path.error().message.find("unix:///path") != std::string::npos);
  }
}

}  // namespace
}  // namespace longshore::runtime::docker
