#include "agent/aws/json_client.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "agent/aws/sigv4.hpp"
#include "agent/base/time_text.hpp"
#include "tests/component/agent/aws/aws_service.hpp"

using namespace longshore;
using namespace longshore::aws;
using namespace std::chrono_literals;
using longshore::testing::AwsService;

namespace {

Credentials keys() {
  return {.access_key_id = "AKID",
          .secret_access_key = Secret("secret"),
          .session_token = Secret("token")};
}

JsonCall discover(const AwsService& service) {
  return {.endpoint_url = service.url(),
          .service = "ecs",
          .region = "us-west-2",
          .target_prefix = "AmazonEC2ContainerServiceV20141113",
          .operation = "DiscoverPollEndpoint",
          .body = {{"cluster", "a"}},
          .credentials = keys()};
}

JsonCallOptions options() { return {.user_agent = "agent/1"}; }

std::string header(const net::ServerRequest& request, std::string_view name) {
  return std::string(net::find_header(request.headers, name).value_or("(absent)"));
}

/// The signature that the service would work out from what it received.
std::string expected_authorization(const AwsService& service, const net::ServerRequest& request,
                                   WallTime time) {
  net::Headers signed_ones;
  for (const char* name : {"Content-Type", "X-Amz-Target"}) {
    signed_ones.emplace_back(name, header(request, name));
  }
  const auto signature = sign({.method = request.method,
                               .url = service.url() + request.target,
                               .headers = signed_ones,
                               .body = request.body},
                              keys(), {.region = "us-west-2", .service = "ecs", .time = time});
  REQUIRE(signature);
  return std::string(*net::find_header(signature->headers, "Authorization"));
}

}  // namespace

TEST_CASE("what arrives is what was signed, and its answer comes back", "[component][aws]") {
  AwsService service;
  service.will_answer(200, R"({"endpoint":"https://acs"})");
  const auto answer = service.run(service.client.call(discover(service), options()));
  REQUIRE(answer);
  CHECK(answer->at("endpoint") == "https://acs");
  REQUIRE(service.requests.size() == 1);
  const auto& request = service.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.target == "/");
  CHECK(request.body == R"({"cluster":"a"})");
  CHECK(header(request, "Content-Type") == "application/x-amz-json-1.1");
  CHECK(header(request, "X-Amz-Target") ==
        "AmazonEC2ContainerServiceV20141113.DiscoverPollEndpoint");
  CHECK(header(request, "User-Agent") == "agent/1");
  CHECK(header(request, "X-Amz-Date") == to_amz_date(service.clock.wall_now()));
  CHECK(header(request, "X-Amz-Security-Token") == "token");
  CHECK(header(request, "Authorization") ==
        expected_authorization(service, request, service.clock.wall_now()));
}

TEST_CASE("an empty answer is an empty object", "[component][aws]") {
  AwsService service;
  service.will_answer(200, "");
  const auto answer = service.run(service.client.call(discover(service), options()));
  REQUIRE(answer);
  CHECK(answer->is_object());
  CHECK(answer->empty());
}

TEST_CASE("passing trouble is retried after growing waits", "[component][aws]") {
  AwsService service;
  service.will_answer(500, R"({"__type":"ServerException"})");
  service.will_answer(400, R"({"__type":"ThrottlingException"})");
  service.will_answer(200, "{}");
  CHECK(service.run(service.client.call(discover(service), options())));
  CHECK(service.requests.size() == 3);
  CHECK(service.slept == 3s);  // Half of 2 s, half of 4 s.
}

TEST_CASE("attempts are limited, and the last error is told", "[component][aws]") {
  AwsService service;
  for (int i = 0; i < 5; ++i) {
    service.will_answer(503, R"({"__type":"ServerException","message":"busy"})");
  }
  auto limited = options();
  limited.attempts = 4;
  const auto answer = service.run(service.client.call(discover(service), limited));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error ==
        Error{ErrorCode::Unavailable, "DiscoverPollEndpoint: ServerException (HTTP 503): busy"});
  CHECK(answer.error().status == 503);
  CHECK(answer.error().retryable);
  CHECK(service.requests.size() == 4);
}

TEST_CASE("what cannot succeed is not repeated", "[component][aws]") {
  AwsService service;
  service.will_answer(400, R"({"__type":"x#ClientException","message":"Cluster not found."})");
  const auto answer = service.run(service.client.call(discover(service), options()));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == "ClientException");
  CHECK(answer.error().message == "Cluster not found.");
  CHECK_FALSE(answer.error().retryable);
  CHECK(service.requests.size() == 1);
  CHECK(service.slept == 0s);
}

TEST_CASE("an answer that is no object is an error", "[component][aws]") {
  AwsService service;
  service.will_answer(200, "[1]");
  service.will_answer(200, "<html>");
  for (int i = 0; i < 2; ++i) {
    const auto answer = service.run(service.client.call(discover(service), options()));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().error.message.find("DiscoverPollEndpoint: unreadable answer") == 0);
    CHECK_FALSE(answer.error().retryable);
  }
}

TEST_CASE("a service that is away is tried as often as allowed", "[component][aws]") {
  AwsService service;
  const auto call = discover(service);
  service.close();
  const auto answer = service.run(service.client.call(call, options()));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error.code == ErrorCode::Unavailable);
  CHECK(answer.error().status == 0);
  CHECK(answer.error().unreachable);
  CHECK(service.slept == 3s);
}

TEST_CASE("calls without credentials fail without being sent", "[component][aws]") {
  AwsService service;
  auto call = discover(service);
  call.credentials = {};
  const auto answer = service.run(service.client.call(call, options()));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().error.code == ErrorCode::InvalidInput);
  CHECK(service.requests.empty());
}

TEST_CASE("a wrong clock is set right by the service's, for later calls too", "[component][aws]") {
  AwsService service;  // Its clock stands at 2026-01-01T00:00:00Z.
  service.will_answer(403, R"({"__type":"RequestTimeTooSkewed"})",
                      {{"Date", "Thu, 01 Jan 2026 02:00:00 GMT"}});
  service.will_answer(200, "{}");
  service.will_answer(200, "{}");
  CHECK(service.run(service.client.call(discover(service), options())));
  REQUIRE(service.requests.size() == 2);
  const WallTime theirs = service.client.service_now();
  CHECK(theirs == parse_rfc3339("2026-01-01T02:00:00Z") + service.slept);
  CHECK(header(service.requests[1], "X-Amz-Date") == to_amz_date(theirs));
  CHECK(service.run(service.client.call(discover(service), options())));
  CHECK(header(service.requests[2], "Authorization") ==
        expected_authorization(service, service.requests[2], theirs));
}

TEST_CASE("a bad signature is retried only when the clocks differ", "[component][aws]") {
  AwsService service;
  service.will_answer(403, R"({"__type":"InvalidSignatureException"})",
                      {{"Date", "Thu, 01 Jan 2026 00:01:00 GMT"}});
  CHECK_FALSE(service.run(service.client.call(discover(service), options())));
  CHECK(service.requests.size() == 1);
  service.will_answer(403, R"({"__type":"InvalidSignatureException"})",
                      {{"Date", "Wed, 31 Dec 2025 23:50:00 GMT"}});
  service.will_answer(200, "{}");
  CHECK(service.run(service.client.call(discover(service), options())));
  CHECK(service.requests.size() == 3);
}

TEST_CASE("a service that blames our clock is believed however small the difference",
          "[component][aws]") {
  AwsService service;
  service.will_answer(400, R"({"__type":"RequestExpired"})",
                      {{"Date", "Thu, 01 Jan 2026 00:01:00 GMT"}});
  service.will_answer(200, "{}");
  CHECK(service.run(service.client.call(discover(service), options())));
  CHECK(service.client.service_now() == service.clock.wall_now() + 1min);
}
