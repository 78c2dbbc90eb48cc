#include "agent/aws/sigv4.hpp"

#include <catch2/catch.hpp>

#include "agent/aws/digest.hpp"
#include "agent/base/time_text.hpp"

using namespace longshore;
using namespace longshore::aws;

namespace {

Credentials example_credentials() {
  return {.access_key_id = "AKIDEXAMPLE",
          .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
          .session_token = Secret("EXAMPLETOKEN")};
}

SigningScope ecs_scope() {
  return {.region = "us-east-1", .service = "ecs", .time = parse_rfc3339("2024-11-21T09:15:00Z")};
}

}  // namespace

TEST_CASE("a websocket upgrade's '+' is signed as a space", "[unit][aws][sigv4]") {
  const auto signature = sign(
      {.method = "GET",
       .url = "https://ecs-a-1.us-east-1.amazonaws.com/ws?agentHash=a8b3e7d3&agentVersion=1.105.1"
              "&clusterArn=default&containerInstanceArn=arn%3Aaws%3Aecs%3Aus-east-1%3A111122223333"
              "%3Acontainer-instance%2Fdefault%2F0123abcd&dockerVersion=DockerVersion%3A+24.0.5"
              "&protocolVersion=2&sendCredentials=true&seqNum=1"},
      example_credentials(), ecs_scope());
  REQUIRE(signature);
  CHECK(signature->signed_headers == "host;x-amz-date;x-amz-security-token");
  CHECK(sha256_hex(signature->canonical_request) ==
        "06d3e86db369d1407e7956ee68b06514b8b6bdaf74dbf92564cec798958ddb7d");
  CHECK(signature->signature == "69234a5210aada388ebff94b703fe79715e4ad347ef3b4b158e144ab7c8e55ae");
}

TEST_CASE("an ECS call is signed with its content headers and target", "[unit][aws][sigv4]") {
  const std::string body =
      R"({"cluster":"default","containerInstance":"arn:aws:ecs:us-east-1:111122223333:)"
      R"(container-instance/default/0123abcd","zoneId":""})";
  const auto signature = sign(
      {.url = "https://ecs.us-east-1.amazonaws.com/",
       .headers = {{"Content-Type", "application/x-amz-json-1.1"},
                   {"Content-Length", std::to_string(body.size())},
                   {"X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DiscoverPollEndpoint"}},
       .body = body},
      example_credentials(), ecs_scope());
  REQUIRE(signature);
  CHECK(signature->signed_headers ==
        "content-length;content-type;host;x-amz-date;x-amz-security-token;x-amz-target");
  CHECK(signature->signature == "641dd2d898bbea24c659add3d0b739720bd9784a37916dfbe233eb0bac5c1a11");
  REQUIRE(signature->headers.size() == 3);
  CHECK(net::find_header(signature->headers, "X-Amz-Date") == "20241121T091500Z");
  CHECK(net::find_header(signature->headers, "X-Amz-Security-Token") == "EXAMPLETOKEN");
  CHECK(net::find_header(signature->headers, "Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20241121/us-east-1/ecs/aws4_request, "
        "SignedHeaders=" +
            signature->signed_headers + ", Signature=" + signature->signature);
}

TEST_CASE("headers that change on the way are not signed", "[unit][aws][sigv4]") {
  const SigningRequest bare{.url = "https://ecs.us-east-1.amazonaws.com/"};
  SigningRequest dressed = bare;
  dressed.headers = {{"Authorization", "old"},
                     {"User-Agent", "x"},
                     {"X-Amzn-Trace-Id", "Root=1"},
                     {"Expect", "100-continue"},
                     {"Transfer-Encoding", "chunked"}};
  CHECK(sign(bare, example_credentials(), ecs_scope())->signature ==
        sign(dressed, example_credentials(), ecs_scope())->signature);
  dressed.headers.emplace_back("X-Other", "y");
  CHECK(sign(bare, example_credentials(), ecs_scope())->signature !=
        sign(dressed, example_credentials(), ecs_scope())->signature);
}

TEST_CASE("a scheme's own port is left out of the signed host", "[unit][aws][sigv4]") {
  const auto host = [](std::string url) {
    const auto signature = sign({.url = std::move(url)}, example_credentials(), ecs_scope());
    REQUIRE(signature);
    const std::string& text = signature->canonical_request;
    const auto begin = text.find("host:") + 5;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  CHECK(host("https://Example.com:443/") == "example.com");
  CHECK(host("wss://example.com:443/ws") == "example.com");
  CHECK(host("http://example.com:80") == "example.com");
  CHECK(host("https://example.com:80/") == "example.com:80");
  CHECK(host("http://127.0.0.1:51800?x=1") == "127.0.0.1:51800");
}

TEST_CASE("a given payload hash stands in for the body", "[unit][aws][sigv4]") {
  const SigningRequest with_body{.url = "https://example.com/", .body = "hello"};
  const SigningRequest with_hash{.url = "https://example.com/",
                                 .payload_sha256 = sha256_hex("hello")};
  CHECK(sign(with_body, example_credentials(), ecs_scope())->signature ==
        sign(with_hash, example_credentials(), ecs_scope())->signature);
}

TEST_CASE("what cannot be signed is refused with a reason", "[unit][aws][sigv4]") {
  const auto relative = sign({.url = "/ws?x=1"}, example_credentials(), ecs_scope());
  REQUIRE_FALSE(relative);
  CHECK(relative.error().code == ErrorCode::InvalidInput);
  CHECK(relative.error().message == "sign: expected an absolute URL, got \"/ws?x=1\"");
  CHECK_FALSE(sign({.url = "https:///path"}, example_credentials(), ecs_scope()));
  const auto unkeyed = sign({.url = "https://example.com/"}, {}, ecs_scope());
  REQUIRE_FALSE(unkeyed);
  CHECK(unkeyed.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("digests match their standards' examples", "[unit][aws][sigv4]") {
  // FIPS 180-2, appendix B.1; RFC 4231, test case 2.
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string hex;
  for (const char c : hmac_sha256("Jefe", "what do ya want for nothing?")) {
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
  CHECK(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
