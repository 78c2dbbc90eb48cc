#include "config/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace longshore::config {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1U << 20U;

}  // namespace

Result<std::optional<std::string>> read_text_file(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return std::nullopt;
  if (error) return fail(ErrorCode::PermissionDenied, "{}: {}", path, error.message());
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::InvalidInput, "{}: expected a regular file", path);
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxFileBytes) {
    return fail(ErrorCode::InvalidInput, "{}: larger than 1 MiB", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    return fail(ErrorCode::PermissionDenied, "{}: {}", path,
                error ? error.message() : std::strerror(errno));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace longshore::config
