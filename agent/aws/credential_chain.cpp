#include "agent/aws/credential_chain.hpp"

#include <chrono>
#include <utility>

#include "agent/aws/profile_file.hpp"
#include "agent/base/log.hpp"

namespace longshore::aws {
namespace {

using boost::asio::awaitable;

constexpr std::chrono::minutes kFileLifetime{1};
constexpr std::chrono::minutes kGrace{5};

awaitable<Result<Credentials>> ready(Result<Credentials> result) { co_return result; }

Result<Credentials> from_environment(const Environment& environment) {
  const auto id = find_variable(environment, "AWS_ACCESS_KEY_ID");
  const auto secret = find_variable(environment, "AWS_SECRET_ACCESS_KEY");
  if (id.empty()) return fail(ErrorCode::NotFound, "AWS_ACCESS_KEY_ID is not set");
  if (secret.empty()) return fail(ErrorCode::NotFound, "AWS_SECRET_ACCESS_KEY is not set");
  return Credentials{
      .access_key_id = std::string(id),
      .secret_access_key = Secret(std::string(secret)),
      .session_token = Secret(std::string(find_variable(environment, "AWS_SESSION_TOKEN")))};
}

CredentialSource file_source(std::string path, std::string profile, Clock& clock) {
  std::string name = "credentials file " + path;
  return {.name = std::move(name),
          .fetch = [path = std::move(path), profile = std::move(profile), &clock] {
            auto credentials = read_profile(path, profile);
            if (credentials) credentials->expires = clock.wall_now() + kFileLifetime;
            return ready(std::move(credentials));
          }};
}

}  // namespace

CredentialSource environment_source(const Environment& environment) {
  return {.name = "environment",
          .fetch = [found = from_environment(environment)] { return ready(found); }};
}

CredentialSource shared_file_source(const Environment& environment, Clock& clock) {
  std::string path(find_variable(environment, "AWS_SHARED_CREDENTIALS_FILE"));
  std::string profile(find_variable(environment, "AWS_PROFILE"));
  if (profile.empty()) profile = "default";
  if (path.empty()) {
    const auto home = find_variable(environment, "HOME");
    if (home.empty()) {
      return {.name = "shared credentials file", .fetch = [] {
                return ready(fail(ErrorCode::NotFound,
                                  "neither AWS_SHARED_CREDENTIALS_FILE nor HOME is set"));
              }};
    }
    path = std::string(home) + "/.aws/credentials";
  }
  return file_source(std::move(path), std::move(profile), clock);
}

CredentialSource rotating_file_source(std::string path, std::string profile, Clock& clock) {
  return file_source(std::move(path), std::move(profile), clock);
}

std::vector<CredentialSource> credential_chain(const CredentialChainSettings& settings,
                                               const Environment& environment, Clock& clock) {
  auto shared = shared_file_source(environment, clock);
  auto rotating = rotating_file_source(settings.rotating_file, settings.rotating_profile, clock);
  if (settings.external) std::swap(shared, rotating);
  std::vector<CredentialSource> sources;
  sources.push_back(environment_source(environment));
  sources.push_back(std::move(shared));
  sources.push_back(std::move(rotating));
  return sources;
}

awaitable<Result<Credentials>> CredentialCache::get() {
  const auto is_current = [this](std::chrono::minutes grace) {
    return last_ && (!last_->expires || clock_.wall_now() < *last_->expires + grace);
  };
  if (is_current(std::chrono::minutes{0})) co_return *last_;

  std::string tried;
  for (const CredentialSource& source : sources_) {
    auto found = co_await source.fetch();
    if (found) {
      last_ = std::move(*found);
      co_return *last_;
    }
    tried += (tried.empty() ? "" : "; ") + source.name + ": " + found.error().message;
  }
  if (is_current(kGrace)) {
    log_warn("AWS credentials could not be read again; using the last ones", {{"tried", tried}});
    co_return *last_;
  }
  co_return fail(ErrorCode::NotFound, "no AWS credentials: {}", tried);
}

void CredentialCache::distrust() {
  if (last_ && last_->expires) last_->expires = std::min(*last_->expires, clock_.wall_now());
}

}  // namespace longshore::aws
