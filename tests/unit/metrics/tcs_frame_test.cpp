#include "metrics/tcs_frame.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "agent/base/time_text.hpp"

using namespace longshore;
using namespace longshore::metrics;

namespace {

const TelemetrySource kSource{
    .cluster = "my/edge one",
    .container_instance =
        ContainerInstanceArn{"arn:aws:ecs:eu-west-1:111122223333:container-instance/edge/0a1b2c"}};
const TelemetryClient kClient{
    .agent_version = "1.105.1", .agent_hash = "0a1b2c3d", .docker_version = "25.0.8"};
const std::string kUrl =
    "https://ecs-t-1.eu-west-1.amazonaws.com/"
    "ws?agentHash=0a1b2c3d&agentVersion=1.105.1&cluster=my%2Fedge+one&containerInstance=arn%3Aaws%"
    "3Aecs%3Aeu-west-1%3A111122223333%3Acontainer-instance%2Fedge%2F0a1b2c&dockerVersion=25.0.8";
const aws::Credentials kLongLived{
    .access_key_id = "AKIDEXAMPLE",
    .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")};
const aws::Credentials kSession{.access_key_id = "AKIDEXAMPLE",
                                .secret_access_key = kLongLived.secret_access_key,
                                .session_token = Secret("TOKEN/+=")};
const WallTime kNow = parse_rfc3339("2025-01-02T03:04:05.678Z");

}  // namespace

TEST_CASE("the session's address names cluster, instance and versions, form encoded",
          "[unit][metrics]") {
  CHECK(session_url("https://ecs-t-1.eu-west-1.amazonaws.com", kSource, kClient) == kUrl);
  CHECK(session_url("https://ecs-t-1.eu-west-1.amazonaws.com/", kSource, kClient) == kUrl);
}

TEST_CASE("an unknown engine version is left out of the address", "[unit][metrics]") {
  TelemetryClient client = kClient;
  client.docker_version.clear();
  const auto url = session_url("http://127.0.0.1:99", {.cluster = "c"}, client);
  CHECK(url ==
        "http://127.0.0.1:99/"
        "ws?agentHash=0a1b2c3d&agentVersion=1.105.1&cluster=c&containerInstance=");
}

TEST_CASE("an endpoint that is no http URL is refused by name", "[unit][metrics]") {
  const auto url = session_url("ftp://host", kSource, kClient);
  REQUIRE_FALSE(url);
  CHECK(url.error().code == ErrorCode::InvalidInput);
  CHECK(url.error().message.find("ftp://host") != std::string::npos);
}

TEST_CASE("the websocket's scheme follows the endpoint's", "[unit][metrics]") {
  CHECK(to_websocket_url("http://h/ws?a=b") == "ws://h/ws?a=b");
  CHECK(to_websocket_url("https://h/ws?a=b") == "wss://h/ws?a=b");
}

// The signatures below were computed with botocore 1.29.
TEST_CASE("a frame is a signed block of headers, an empty line and the message",
          "[unit][metrics]") {
  const auto frame = sign_frame(kUrl, R"({"message":{},"type":"X"})", kSession, "eu-west-1", kNow);
  REQUIRE(frame);
  CHECK(*frame ==
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20250102/eu-west-1/ecs/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-security-token, "
        "Signature=a89d06748c290653da0a982767943705ac8ad02e82b0b3381150319edeabcf7b\r\n"
        "Host: ecs-t-1.eu-west-1.amazonaws.com\r\n"
        "X-Amz-Date: 20250102T030405Z\r\n"
        "X-Amz-Security-Token: TOKEN/+=\r\n"
        "\r\n"
        R"({"message":{},"type":"X"})");
}

TEST_CASE("the upgrade is signed with an empty body", "[unit][metrics]") {
  const auto headers = sign_handshake(kUrl, kLongLived, "eu-west-1", kNow);
  REQUIRE(headers);
  CHECK(headers->size() == 2);
  CHECK(net::find_header(*headers, "X-Amz-Date") == "20250102T030405Z");
  CHECK(net::find_header(*headers, "Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250102/eu-west-1/ecs/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=b7865e616b76376640cdfd90e019aad60808a110e22bd850920c89960f8725b0");
}

TEST_CASE("a frame's host has its port, unless that is the scheme's own", "[unit][metrics]") {
  const auto host_line = [](const std::string& url) {
    const std::string frame = sign_frame(url, "{}", kLongLived, "r", kNow).value_or("");
    const auto begin = frame.find("Host: ");
    return frame.substr(begin, frame.find("\r\n", begin) - begin);
  };
  CHECK(host_line("https://h:443/ws?a=b") == "Host: h");
  CHECK(host_line("http://h:80/ws") == "Host: h");
  CHECK(host_line("http://127.0.0.1:443/ws") == "Host: 127.0.0.1:443");
  CHECK(host_line("https://H:8443/ws") == "Host: h:8443");
}

TEST_CASE("without keys nothing is signed", "[unit][metrics]") {
  CHECK_FALSE(sign_frame(kUrl, "{}", {}, "eu-west-1", kNow));
  CHECK_FALSE(sign_handshake(kUrl, {}, "eu-west-1", kNow));
}
