#include "runtime/docker/registry_auth.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("the header is padded base64 in the URL-safe alphabet", "[unit][docker]") {
  // Expected values: printf … | base64 -w0 | tr '+/' '-_'.
  CHECK(registry_auth_header({.username = "AWS", .password = Secret("secret123")}).reveal() ==
        "eyJwYXNzd29yZCI6InNlY3JldDEyMyIsInVzZXJuYW1lIjoiQVdTIn0=");
  CHECK(registry_auth_header({.username = "a", .password = Secret("?~?~\xC3\xBF>")}).reveal() ==
        "eyJwYXNzd29yZCI6Ij9-P37Dvz4iLCJ1c2VybmFtZSI6ImEifQ==");
  CHECK(registry_auth_header({.server_address = "r"}).reveal() == "eyJzZXJ2ZXJhZGRyZXNzIjoiciJ9");
}

TEST_CASE("tokens reach the engine under their own names", "[unit][docker]") {
  CHECK(registry_auth_header({.identity_token = Secret("id")}).reveal() ==
        "eyJpZGVudGl0eXRva2VuIjoiaWQifQ==");
  CHECK(registry_auth_header({.username = "u", .registry_token = Secret("reg")}).reveal() ==
        "eyJyZWdpc3RyeXRva2VuIjoicmVnIiwidXNlcm5hbWUiOiJ1In0=");
}

TEST_CASE("no login is an empty object, not an empty header", "[unit][docker]") {
  CHECK(registry_auth_header({}).reveal() == "e30=");
}

}  // namespace
}  // namespace longshore::runtime::docker
