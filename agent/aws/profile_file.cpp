#include "agent/aws/profile_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "agent/base/text.hpp"

namespace longshore::aws {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1U << 20U;

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool starts_comment = line[i] == '#' || line[i] == ';';
    if (starts_comment && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return line.substr(0, i);
    }
  }
  return line;
}

void store(std::string_view name, std::string_view value, Credentials& credentials) {
  const std::string key = to_lower(name);
  if (key == "aws_access_key_id") credentials.access_key_id = value;
  if (key == "aws_secret_access_key") credentials.secret_access_key = Secret(std::string(value));
  if (key == "aws_session_token") credentials.session_token = Secret(std::string(value));
}

}  // namespace

Result<Credentials> parse_profile(std::string_view text, std::string_view profile) {
  Credentials credentials;
  bool found = false;
  bool inside = false;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(without_comment(trim(raw)));
    if (line.starts_with('[') && line.ends_with(']')) {
      inside = trim(line.substr(1, line.size() - 2)) == profile;
      found = found || inside;
    } else if (const auto equals = line.find('='); inside && equals != std::string_view::npos) {
      store(trim(line.substr(0, equals)), trim(line.substr(equals + 1)), credentials);
    }
  }
  if (!found) return fail(ErrorCode::NotFound, "no profile [{}]", profile);
  if (credentials.access_key_id.empty()) {
    return fail(ErrorCode::NotFound, "profile [{}] has no aws_access_key_id", profile);
  }
  if (credentials.secret_access_key.empty()) {
    return fail(ErrorCode::NotFound, "profile [{}] has no aws_secret_access_key", profile);
  }
  return credentials;
}

Result<Credentials> read_profile(const std::string& path, std::string_view profile) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(ErrorCode::NotFound, "no such file");
  }
  if (error) return fail(ErrorCode::PermissionDenied, "{}", error.message());
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::InvalidInput, "not a regular file");
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::PermissionDenied, "{}", error.message());
  if (size > kMaxFileBytes) return fail(ErrorCode::InvalidInput, "larger than 1 MiB");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::PermissionDenied, "{}", std::strerror(errno));
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  // Wiped when it goes: the whole file is keys.
  const Secret contents(std::move(text));
  return parse_profile(contents.reveal(), profile);
}

}  // namespace longshore::aws
