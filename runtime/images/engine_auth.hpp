#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/base/secret.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::runtime::images {

/// The instance's own registry logins (ECS_ENGINE_AUTH_TYPE, ECS_ENGINE_AUTH_DATA). They count for
/// containers without registryAuthentication of their own.
class EngineAuth {
 public:
  /// `type` "docker": {"<registry>":{"username","password","identitytoken","registrytoken"}}, each
  /// member optional. "dockercfg": {"<registry>":{"auth": base64 of "user:password"}}; entries
  /// whose text has no ':' are left out. An empty `type` gives no logins. Members this agent has no
  /// use for ("email") are ignored.
  ///
  /// Errors: InvalidInput that names registry and member, never their contents.
  /// Source: amazon-ecs-agent:agent/dockerclient/dockerauth/dockerauth.go.
  static Result<EngineAuth> parse(std::string_view type, const Secret& data);

  /// The login for `image` (as in the task definition); anonymous when nothing matches. Docker Hub
  /// images use only "index.docker.io/v1/". Others use the longest key of the image's host that is
  /// a prefix of the image's name, else the shortest key of that host ("registry.example.com/v1/").
  [[nodiscard]] RegistryAuth find(std::string_view image) const;

 private:
  using Logins = std::map<std::string, RegistryAuth, std::less<>>;
  Logins logins_{};  ///< Keys without "https://".
};

}  // namespace longshore::runtime::images
