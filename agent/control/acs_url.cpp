#include "agent/control/acs_url.hpp"

#include <string_view>
#include <utility>

#include "agent/base/text.hpp"

namespace longshore::control {
namespace {

/// 2: the server hangs up when heartbeats are not answered.
constexpr std::string_view kProtocolVersion = "2";

Result<std::string> to_websocket_url(const std::string& endpoint) {
  std::string url;
  if (endpoint.starts_with("https://")) {
    url = "wss://" + endpoint.substr(8);
  } else if (endpoint.starts_with("http://")) {
    url = "ws://" + endpoint.substr(7);
  } else {
    return fail(ErrorCode::InvalidInput, "ACS endpoint: expected http:// or https://, got {}",
                endpoint);
  }
  if (url.back() != '/') url += '/';
  return url + "ws";
}

}  // namespace

Result<std::string> acs_url(const std::string& endpoint, const AcsQuery& query) {
  auto url = to_websocket_url(endpoint);
  if (!url) return url;
  char joint = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    *url += std::exchange(joint, '&');
    *url += name;
    *url += '=';
    *url += form_encode(value);
  };
  add("agentHash", query.agent_hash);
  add("agentVersion", query.agent_version);
  add("clusterArn", query.cluster);
  add("containerInstanceArn", query.container_instance.str());
  if (query.docker_version == "containerd") {
    add("dockerVersion", query.docker_version);
  } else if (!query.docker_version.empty()) {
    add("dockerVersion", "DockerVersion: " + query.docker_version);
  }
  add("protocolVersion", kProtocolVersion);
  add("sendCredentials", query.send_credentials ? "true" : "false");
  add("seqNum", "1");
  return url;
}

}  // namespace longshore::control
