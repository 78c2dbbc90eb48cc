#include "agent/standalone/settings_rules.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "agent/base/text.hpp"
#include "agent/standalone/container_rules.hpp"

namespace longshore::standalone {
namespace {

bool is_region(std::string_view text) {
  return text.size() >= 3 && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
         });
}

Status check_listen(const StandaloneSettings& settings) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(settings.listen_address, error);
  if (error) {
    return fail(ErrorCode::InvalidInput,
                "--listen {}: expected an IP address, as in 127.0.0.1:51800",
                settings.listen_address);
  }
  if (!address.is_loopback() && !settings.allow_remote) {
    return fail(ErrorCode::InvalidInput,
                "--listen {}: not a loopback address. Whoever reaches this control plane can run "
                "containers as root on the machine of its agent; --allow-remote accepts that",
                settings.listen_address);
  }
  return {};
}

}  // namespace

bool is_loopback(std::string_view address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(std::string(address), error);
  return !error && parsed.is_loopback();
}

Status check_settings(const StandaloneSettings& settings) {
  if (auto listen = check_listen(settings); !listen) return listen;
  if (!is_ecs_name(settings.cluster)) {
    return fail(ErrorCode::InvalidInput,
                "--cluster {}: expected 1..255 letters, digits, hyphens and underscores",
                settings.cluster);
  }
  if (!is_region(settings.region)) {
    return fail(ErrorCode::InvalidInput, "--region {}: expected a name such as eu-west-1",
                settings.region);
  }
  if (settings.account.size() != 12 ||
      !std::all_of(settings.account.begin(), settings.account.end(),
                   [](unsigned char c) { return std::isdigit(c) != 0; })) {
    return fail(ErrorCode::InvalidInput, "--account {}: expected twelve digits", settings.account);
  }
  if (settings.ecr_user.empty() || settings.ecr_user.find(':') != std::string::npos) {
    return fail(ErrorCode::InvalidInput, "--ecr-user {}: expected a name without ':'",
                settings.ecr_user);
  }
  for (const std::string& registry : settings.ecr_registries) {
    if (registry.empty() || registry.find('/') != std::string::npos) {
      return fail(ErrorCode::InvalidInput, "--ecr-registry {}: expected HOST or HOST:PORT",
                  registry);
    }
  }
  if (settings.heartbeat.count() < 1 || settings.heartbeat.count() > 59) {
    return fail(ErrorCode::InvalidInput, "--heartbeat-seconds {}: expected 1..59",
                settings.heartbeat.count());
  }
  if (settings.resend_after.count() < 1 || settings.resend_after.count() > 3600) {
    return fail(ErrorCode::InvalidInput, "--resend-seconds {}: expected 1..3600",
                settings.resend_after.count());
  }
  return {};
}

Result<Secret> read_ecr_password(const std::string& path) {
  if (path.empty()) return Secret("standalone");
  errno = 0;
  std::ifstream file(path);
  std::string line;
  if (!file) {
    const int reason = errno;
    return fail(reason == EACCES ? ErrorCode::PermissionDenied : ErrorCode::NotFound,
                "--ecr-password-file {}: {}", path, std::strerror(reason));
  }
  std::getline(file, line);
  if (trim(line).empty()) {
    return fail(ErrorCode::InvalidInput, "--ecr-password-file {}: its first line is empty", path);
  }
  return Secret(std::string(trim(line)));
}

}  // namespace longshore::standalone
