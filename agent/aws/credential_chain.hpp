#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/aws/credentials.hpp"
#include "agent/aws/environment.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"

namespace longshore::aws {

/// One place credentials can come from. `fetch` bounds its own waits; its errors say what was
/// missing, never what was there.
struct CredentialSource {
  std::string name{};  ///< For errors: "environment", "credentials file /root/.aws/credentials".
  std::function<boost::asio::awaitable<Result<Credentials>>()> fetch{};
};

/// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, with AWS_SESSION_TOKEN if set. They never expire.
CredentialSource environment_source(const Environment& environment);

/// AWS_SHARED_CREDENTIALS_FILE, else $HOME/.aws/credentials; profile AWS_PROFILE, else "default".
/// Good for one minute, so that an edited file is noticed.
CredentialSource shared_file_source(const Environment& environment, Clock& clock);

/// A file that something else rewrites: on ECS Anywhere the SSM agent renews
/// /root/.aws/credentials. Good for one minute, then read again.
CredentialSource rotating_file_source(std::string path, std::string profile, Clock& clock);

struct CredentialChainSettings {
  bool external = false;  ///< ECS_EXTERNAL: an on-premises host of ECS Anywhere.
  std::string rotating_file = "/root/.aws/credentials";
  std::string rotating_profile = "default";  ///< ECS_ALTERNATE_CREDENTIAL_PROFILE.
};

/// The sources in the official agent's order. External: environment, rotating file, shared file.
/// Else: environment, shared file, rotating file.
/// Source: amazon-ecs-agent:ecs-agent/credentials/providers.
std::vector<CredentialSource> credential_chain(const CredentialChainSettings& settings,
                                               const Environment& environment, Clock& clock);

/// The instance's own credentials: the first source that has some wins, and is asked again once
/// they expire. Call from the event loop only.
class CredentialCache {
 public:
  CredentialCache(std::vector<CredentialSource> sources, Clock& clock)
      : sources_(std::move(sources)), clock_(clock) {}

  /// When no source has any: the last good ones for five minutes more, because a file may be read
  /// in the middle of being rewritten. After that, NotFound naming each source and what it lacked.
  boost::asio::awaitable<Result<Credentials>> get();

  /// A service refused them, or the wall clock may have stepped: those that can expire count as
  /// expired, so that the next get() asks the sources.
  void distrust();

 private:
  std::vector<CredentialSource> sources_;
  Clock& clock_;
  std::optional<Credentials> last_{};
};

}  // namespace longshore::aws
