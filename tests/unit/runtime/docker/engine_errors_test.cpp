#include "runtime/docker/engine_errors.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("a status says what the caller can do", "[unit][docker]") {
  const auto [status, code] = GENERATE(table<int, ErrorCode>({{400, ErrorCode::InvalidInput},
                                                              {401, ErrorCode::PermissionDenied},
                                                              {403, ErrorCode::PermissionDenied},
                                                              {404, ErrorCode::NotFound},
                                                              {409, ErrorCode::Conflict},
                                                              {500, ErrorCode::Internal},
                                                              {503, ErrorCode::Unavailable}}));
  CHECK(to_error(status, R"({"message": "why"})") ==
        Error{code, "Error response from daemon: why"});
}

TEST_CASE("an answer without a reason keeps its status", "[unit][docker]") {
  CHECK(to_error(500, "").message == "Error response from daemon: HTTP status 500");
}

TEST_CASE("a containerd that is away has refused nothing", "[unit][docker]") {
  // Seen from Docker Engine 20.10 while it went down, and with its containerd killed.
  const std::string text =
      GENERATE("transport is closing: unavailable",
               "connection error: desc = \\\"transport: error while dialing: dial unix "
               "/run/containerd.sock: connect: connection refused\\\": unavailable");
  const std::string body = "{\"message\": \"" + text + "\"}";
  CHECK(to_error(500, body).code == ErrorCode::Unavailable);
  CHECK(to_start_error(500, body).code == ErrorCode::Unavailable);
  CHECK(to_error(409, body).code == ErrorCode::Conflict);
  CHECK(to_error(500, R"({"message": "the volume is unavailable"})").code == ErrorCode::Internal);
}

TEST_CASE("a missing command is not a missing container", "[unit][docker]") {
  CHECK(to_start_error(404, R"({"message": "No such container: x"})").code == ErrorCode::NotFound);
  CHECK(to_start_error(404, R"({"message": "exec: \"x\": executable file not found"})").code ==
        ErrorCode::InvalidInput);
  CHECK(to_start_error(500, R"({"message": "No such container"})").code == ErrorCode::Internal);
}

TEST_CASE("a registry's failure is told from its text where the status is 500", "[unit][docker]") {
  // Texts seen from Docker Engine 20.10 with distribution 2.8 and from ECR.
  const auto [text, code] = GENERATE(table<std::string, ErrorCode>(
      {{"unauthorized: authentication required", ErrorCode::PermissionDenied},
       {"Head \\\"http://r/v2/a\\\": no basic auth credentials", ErrorCode::PermissionDenied},
       {"pull access denied for a, repository does not exist: denied: requested access to the "
        "resource is denied",
        ErrorCode::PermissionDenied},
       {"denied: Your authorization token has expired. Reauthenticate and try again.",
        ErrorCode::PermissionDenied},
       {"manifest for a:1 not found: manifest unknown: manifest unknown", ErrorCode::NotFound},
       {"dial tcp 127.0.0.1:1: connect: connection refused", ErrorCode::Unavailable},
       {"x509: certificate signed by unknown authority", ErrorCode::Unavailable},
       {"toomanyrequests: Rate exceeded", ErrorCode::Unavailable}}));
  const Error error = to_registry_error(500, "{\"message\": \"" + text + "\"}");
  CHECK(error.code == code);
  CHECK(error.message.starts_with("Error response from daemon: "));
  CHECK(to_registry_error(404, "{}").code == ErrorCode::NotFound);
}

}  // namespace
}  // namespace longshore::runtime::docker
