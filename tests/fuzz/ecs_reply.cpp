// Answers of the ECS API, and the addresses in them, which are connected to.
#include <algorithm>

#include "agent/control/acs_url.hpp"
#include "agent/control/registration.hpp"
#include "agent/net/http_head.hpp"
#include "agent/net/url.hpp"
#include "agent/protocol/decode.hpp"
#include "agent/protocol/ecs_api.hpp"
#include "metrics/tcs_frame.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/planted_secret.hpp"

namespace longshore::fuzz {
namespace {

const ContainerInstanceArn kInstance("arn:aws:ecs:us-west-2:123456789012:container-instance/c/i");

void check_url(std::string_view text) {
  const auto url = net::parse_url(text);
  if (!url) return require_refusal(url.error());
  require(url->scheme == "ws" || url->scheme == "wss", "a session is a websocket");
  require(!url->host.empty() && url->port != 0, "an address that is connected to is complete");
  const auto head = net::request_head({.method = "GET"}, url->target, url->authority);
  if (head) {
    require(std::count(head->begin(), head->end(), '\n') == 3,
            "an address adds no line to a request");
  }
}

void check_acs(const std::string& endpoint) {
  const auto url = control::acs_url(endpoint, {.cluster = "c", .container_instance = kInstance});
  if (!url) return require_refusal(url.error());
  check_url(*url);
}

void check_tcs(const std::string& endpoint) {
  const auto url =
      metrics::session_url(endpoint, {.cluster = "c", .container_instance = kInstance}, {});
  if (!url) return require_refusal(url.error());
  check_url(metrics::to_websocket_url(*url));
  const aws::Credentials keys{.access_key_id = "AKID",
                              .secret_access_key = Secret(std::string(kPlantedText))};
  const auto headers = metrics::sign_handshake(*url, keys, "us-west-2", WallTime{});
  if (!headers) return require_refusal(headers.error());
  for (const auto& [name, value] : *headers) {
    require(!reveals_planted(value), "a header does not hold the key");
  }
}

void check_registered(const protocol::RegisterContainerInstanceResponse& response) {
  protocol::RegisterContainerInstanceRequest request{.attributes = {{"ecs.os-type", "linux"}}};
  const auto first = control::to_registered(request, response);
  if (!first) {
    require(!first.error().error.message.empty(), "an error says what is wrong");
    return;
  }
  require(!first->arn.empty(), "a registered host has an ARN");
  request.container_instance_arn = kInstance.str();
  const auto again = control::to_registered(request, response);
  require(again && again->arn == kInstance, "registering again does not change who a host is");
}

}  // namespace

void run(std::string_view input) {
  if (reveals_planted(input)) return;
  const auto json = parse_json(input);
  if (!json) return require_refusal(json.error());
  if (const auto found = protocol::decode<protocol::DiscoverPollEndpointResponse>(*json)) {
    if (found->endpoint) check_acs(*found->endpoint);
    if (found->telemetry_endpoint) check_tcs(*found->telemetry_endpoint);
  } else {
    require_refusal(found.error());
  }
  if (const auto found = protocol::decode<protocol::RegisterContainerInstanceResponse>(*json)) {
    check_registered(*found);
  } else {
    require_refusal(found.error());
  }
  const auto cluster = protocol::decode<protocol::CreateClusterResponse>(*json);
  if (!cluster) require_refusal(cluster.error());
}

}  // namespace longshore::fuzz
