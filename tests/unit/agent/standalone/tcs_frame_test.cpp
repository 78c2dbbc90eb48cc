#include "agent/standalone/tcs_frame.hpp"

#include <catch2/catch.hpp>

namespace longshore::standalone {
namespace {

const std::string kSignature(64, 'a');

std::string authorization(const std::string& scope = "AKID/20250102/eu-west-1/ecs/aws4_request",
                          const std::string& headers = "host;x-amz-date",
                          const std::string& signature = kSignature) {
  return "AWS4-HMAC-SHA256 Credential=" + scope + ", SignedHeaders=" + headers +
         ", Signature=" + signature;
}

std::string frame(const std::string& auth = authorization(),
                  const std::string& date = "20250102T030405Z",
                  const std::string& host = "127.0.0.1:1") {
  return "Authorization: " + auth + "\r\nHost: " + host + "\r\nX-Amz-Date: " + date +
         "\r\n\r\n{\"type\":\"PublishMetricsRequest\",\"message\":{\"a\":1}}";
}

std::string mistake_in(const std::string& text) {
  const auto parsed = parse_tcs_frame(text);
  return parsed ? "" : parsed.error().message;
}

TEST_CASE("a signed frame gives its envelope", "[unit][standalone]") {
  const auto parsed = parse_tcs_frame(frame());
  REQUIRE(parsed);
  CHECK(parsed->type == "PublishMetricsRequest");
  CHECK(parsed->message == nlohmann::json{{"a", 1}});
}

TEST_CASE("a frame without a proper header block is refused", "[unit][standalone]") {
  CHECK(mistake_in("{\"type\":\"x\",\"message\":{}}") ==
        "frame: no block of headers in front of the message");
  CHECK(mistake_in(frame(authorization(), "2025-01-02")) ==
        "frame: X-Amz-Date is not of the form 20250102T030405Z");
  CHECK(mistake_in(frame(authorization(), "20250102T030405Z", "")) == "frame: no Host header");
  CHECK(mistake_in("Host: x\r\nX-Amz-Date: 20250102T030405Z\r\n\r\n{}") ==
        "frame: Authorization: expected AWS4-HMAC-SHA256");
  CHECK(mistake_in(frame(authorization("AKID/20250102/eu-west-1/ec2/aws4_request"))) ==
        "frame: Authorization: expected Credential=<key>/<yyyymmdd>/<region>/ecs/aws4_request");
  CHECK(mistake_in(frame(authorization("AKID/20250102/eu-west-1/ecs/aws4_request", "host"))) ==
        "frame: Authorization: x-amz-date is not in SignedHeaders");
  CHECK(mistake_in(frame(
            authorization("AKID/20250102/eu-west-1/ecs/aws4_request", "host;x-amz-date", "abc"))) ==
        "frame: Authorization: expected Signature=<64 hex digits>");
}

TEST_CASE("an envelope has a type and an object", "[unit][standalone]") {
  CHECK_FALSE(parse_envelope("{\"type\":\"x\"}"));
  CHECK_FALSE(parse_envelope("{\"type\":1,\"message\":{}}"));
  CHECK_FALSE(parse_envelope("{\"type\":\"x\",\"message\":[]}"));
  CHECK_FALSE(parse_envelope("{"));
}

}  // namespace
}  // namespace longshore::standalone
