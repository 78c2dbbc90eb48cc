#include "runtime/images/engine_auth.hpp"

#include <catch2/catch.hpp>

using namespace longshore;
using namespace longshore::runtime;
using namespace longshore::runtime::images;

namespace {

EngineAuth parse(std::string_view type, std::string data) {
  auto auth = EngineAuth::parse(type, Secret(std::move(data)));
  REQUIRE(auth);
  return *auth;
}

Error parse_error(std::string_view type, std::string data) {
  const auto auth = EngineAuth::parse(type, Secret(std::move(data)));
  REQUIRE_FALSE(auth);
  CHECK(auth.error().code == ErrorCode::InvalidInput);
  return auth.error();
}

}  // namespace

TEST_CASE("docker logins are found by the image's registry", "[unit][images]") {
  const auto auth = parse("docker", R"({
      "https://index.docker.io/v1/": {"username": "hub", "password": "p1", "email": "e@x"},
      "http://registry.test:5000": {"username": "reg", "password": "p2"}})");
  for (const char* image : {"busybox", "team/app:1", "docker.io/team/app",
                            "index.docker.io/team/app", "registry-1.docker.io/team/app"}) {
    CAPTURE(image);
    CHECK(auth.find(image).username == "hub");
    CHECK(auth.find(image).password.reveal() == "p1");
    CHECK(auth.find(image).server_address == "index.docker.io/v1/");
  }
  CHECK(auth.find("registry.test:5000/app:2").username == "reg");
  CHECK(auth.find("registry.test/app").username.empty());
  CHECK(auth.find("other.test:5000/app").password.empty());
}

TEST_CASE("a longer key wins when the image starts with it", "[unit][images]") {
  const auto auth = parse("docker", R"({
      "r.test": {"username": "host"}, "r.test/team": {"username": "team"},
      "r.test/team/app": {"username": "app"}, "s.test/only": {"username": "only"}})");
  CHECK(auth.find("r.test/else/x").username == "host");
  CHECK(auth.find("r.test/team/x").username == "team");
  CHECK(auth.find("r.test/team/app:1").username == "app");
  CHECK(auth.find("s.test/only/x").username == "only");
}

TEST_CASE("where no key is a prefix the shortest one of the host counts", "[unit][images]") {
  const auto auth = parse("docker", R"({
      "https://r.test/v1/": {"username": "v1"}, "r.test/team/app": {"username": "app"},
      "r.test/aa/b": {"username": "aa"}, "s.test:5000/v2/": {"username": "v2"}})");
  CHECK(auth.find("r.test/app:1").username == "v1");
  CHECK(auth.find("r.test/app:1").server_address == "r.test/v1/");
  CHECK(auth.find("r.test/team/app").username == "app");
  CHECK(auth.find("r.test/team/x").username == "v1");
  CHECK(auth.find("s.test:5000/x").username == "v2");
  CHECK(auth.find("s.test/x").username.empty());
}

TEST_CASE("a login may be a token", "[unit][images]") {
  const auto auth = parse("docker", R"({"r.test": {"identitytoken": "id"},
                                        "s.test": {"registrytoken": "reg"}})");
  CHECK(auth.find("r.test/app").identity_token.reveal() == "id");
  CHECK(auth.find("r.test/app").registry_token.empty());
  CHECK(auth.find("s.test/app").registry_token.reveal() == "reg");
  CHECK(parse_error("docker", R"({"r.test": {"identitytoken": 5}})").message ==
        "ECS_ENGINE_AUTH_DATA: .r.test.identitytoken: expected a string, got a number");
}

TEST_CASE("a login never goes to another host whose name starts alike", "[unit][images]") {
  const std::string key = GENERATE(as<std::string>{}, "r.test", "r.test/v1/", "https://r.test/v1/");
  const auto auth =
      parse("docker", "{\"" + key + "\": {\"username\": \"x\", \"password\": \"p\"}}");
  CHECK(auth.find("r.test/app").username == "x");
  for (const char* image : {"r.test.evil/app", "r.test:5000/app", "r.testing/app"}) {
    CAPTURE(image);
    CHECK(auth.find(image).username.empty());
    CHECK(auth.find(image).password.empty());
  }
}

TEST_CASE("a docker.io key is no login for Docker Hub", "[unit][images]") {
  const auto auth = parse("docker", R"({"docker.io": {"username": "x"}})");
  CHECK(auth.find("busybox").username.empty());
}

TEST_CASE("dockercfg logins are base64 of user and password", "[unit][images]") {
  // "user:pa:ss" and "nocolon".
  const auto auth = parse("dockercfg", R"({"r.test": {"auth": "dXNlcjpwYTpzcw==", "email": "e"},
                                           "s.test": {"auth": "bm9jb2xvbg=="}})");
  CHECK(auth.find("r.test/app").username == "user");
  CHECK(auth.find("r.test/app").password.reveal() == "pa:ss");
  CHECK(auth.find("s.test/app").username.empty());
}

TEST_CASE("no type means no logins, another type is refused", "[unit][images]") {
  CHECK(parse("", "not even JSON").find("busybox").username.empty());
  CHECK(parse_error("ecr", "{}").message ==
        "ECS_ENGINE_AUTH_TYPE \"ecr\": expected docker or dockercfg");
}

TEST_CASE("broken login data is named without being quoted", "[unit][images]") {
  CHECK(parse_error("docker", "secret-text").message.find("secret") == std::string::npos);
  CHECK(parse_error("docker", R"({"r.test": {"password": 12345}})").message ==
        "ECS_ENGINE_AUTH_DATA: .r.test.password: expected a string, got a number");
  CHECK(parse_error("docker", R"({"r.test": "secret"})").message ==
        "ECS_ENGINE_AUTH_DATA: .r.test: expected an object");
  CHECK(parse_error("docker", "[]").message.find("ECS_ENGINE_AUTH_DATA") == 0);
  const auto broken = parse_error("dockercfg", R"({"r.test": {"auth": "c2VjcmV0*"}})");
  CHECK(broken.message.find(".auth: broken base64") != std::string::npos);
  CHECK(broken.message.find("c2Vj") == std::string::npos);
}
