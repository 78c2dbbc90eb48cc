#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace longshore::standalone {

/// Everything `longshore standalone` can be told. The flag that sets a member is named with it;
/// StandaloneServer::start() checks the values.
struct StandaloneSettings {
  /// --listen ADDRESS:PORT. An IPv4 or IPv6 address, no name.
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 51800;  ///< 0: the kernel picks; see StandaloneServer::port().
  /// --allow-remote. Without it only loopback addresses are listened on: whoever reaches this
  /// server can run containers as root on the machine of its agent.
  bool allow_remote = false;
  std::string cluster = "default";       ///< --cluster: exists from the start, for agents to join.
  std::string region = "us-east-1";      ///< --region: in every ARN.
  std::string account = "000000000000";  ///< --account: twelve digits, in every ARN.
  std::string ecr_user = "AWS";          ///< --ecr-user: in tokens of GetAuthorizationToken.
  /// --ecr-password-file: its first line is the password in those tokens. Empty: "standalone".
  std::string ecr_password_file{};
  /// --ecr-registry HOST[:PORT], repeatable: images of these hosts are pulled with such a token.
  std::vector<std::string> ecr_registries{};
  /// --ecr-proxy-endpoint URL: `proxyEndpoint` in answers of GetAuthorizationToken.
  std::string ecr_proxy_endpoint = "http://127.0.0.1";
  std::string record_file{};  ///< --record FILE: every message is appended to it as a JSON line.
  std::string port_file{};    ///< --port-file FILE: gets "PORT\n" once listening.
  std::chrono::seconds heartbeat{30};  ///< --heartbeat-seconds, 1..59 (agents give up at 60).
  /// --resend-seconds, 1..3600: a payload or credentials message without an ack is sent again.
  std::chrono::seconds resend_after{60};
  /// --no-manifest clears it: whether a TaskManifestMessage follows each ACS connection, which
  /// makes the agent stop tasks that this server does not know.
  bool manifest_on_connect = true;
};

}  // namespace longshore::standalone
