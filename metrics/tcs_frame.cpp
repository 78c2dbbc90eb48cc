#include "metrics/tcs_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/aws/sigv4.hpp"
#include "agent/base/text.hpp"

namespace longshore::metrics {
namespace {

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

/// Host and port of an http(s) URL; the scheme's own port is left out, as in a Host header.
std::string host_of(std::string_view url) {
  const bool tls = url.starts_with(kHttps);
  url.remove_prefix(tls ? kHttps.size() : kHttp.size());
  std::string host = to_lower(url.substr(0, url.find_first_of("/?")));
  const std::string_view own_port = tls ? ":443" : ":80";
  if (host.ends_with(own_port)) host.resize(host.size() - own_port.size());
  return host;
}

Result<net::Headers> sign(const std::string& url, std::string body,
                          const aws::Credentials& credentials, const std::string& region,
                          WallTime now) {
  const aws::SigningRequest request{.method = "GET", .url = url, .body = std::move(body)};
  auto signature =
      aws::sign(request, credentials, {.region = region, .service = "ecs", .time = now});
  if (!signature) return fail(std::move(signature).error());
  return std::move(signature->headers);
}

}  // namespace

Result<std::string> session_url(std::string_view endpoint, const TelemetrySource& source,
                                const TelemetryClient& client) {
  if (!endpoint.starts_with(kHttp) && !endpoint.starts_with(kHttps)) {
    return fail(ErrorCode::InvalidInput,
                "telemetry endpoint \"{}\": expected a URL with http:// or https://", endpoint);
  }
  std::string url(endpoint);
  if (!url.ends_with('/')) url += '/';
  url += fmt::format("ws?agentHash={}&agentVersion={}&cluster={}&containerInstance={}",
                     form_encode(client.agent_hash), form_encode(client.agent_version),
                     form_encode(source.cluster), form_encode(source.container_instance.str()));
  if (!client.docker_version.empty()) {
    url += "&dockerVersion=" + form_encode(client.docker_version);
  }
  return url;
}

std::string to_websocket_url(std::string_view session_url) {
  // http -> ws, https -> wss.
  return "ws" + std::string(session_url.substr(std::string_view("http").size()));
}

Result<net::Headers> sign_handshake(const std::string& session_url,
                                    const aws::Credentials& credentials, const std::string& region,
                                    WallTime now) {
  return sign(session_url, "", credentials, region, now);
}

Result<std::string> sign_frame(const std::string& session_url, std::string message,
                               const aws::Credentials& credentials, const std::string& region,
                               WallTime now) {
  auto headers = sign(session_url, message, credentials, region, now);
  if (!headers) return fail(std::move(headers).error());
  headers->emplace_back("Host", host_of(session_url));
  std::sort(headers->begin(), headers->end());
  std::string frame;
  for (const auto& [name, value] : *headers) frame += fmt::format("{}: {}\r\n", name, value);
  return frame + "\r\n" + std::move(message);
}

}  // namespace longshore::metrics
