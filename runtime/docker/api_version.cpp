#include "runtime/docker/api_version.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "agent/base/text.hpp"

namespace longshore::runtime::docker {
namespace {

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::string to_string(ApiVersion version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

Result<ApiVersion> parse_api_version(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() == 2) {
    const auto major = parse_number(parts[0]);
    const auto minor = parse_number(parts[1]);
    if (major && minor) return ApiVersion{*major, *minor};
  }
  return fail(ErrorCode::InvalidInput, "Docker API version \"{}\": expected two numbers as in 1.41",
              truncate_utf8(text, 32));
}

Result<ApiVersion> common_version(EngineVersions engine) {
  const ApiVersion chosen = std::min(kNewestKnown, engine.newest);
  if (chosen < std::max(kOldestKnown, engine.oldest)) {
    return fail(ErrorCode::Unavailable,
                "the engine speaks Docker API {} to {}, and this agent {} to {}",
                to_string(engine.oldest), to_string(engine.newest), to_string(kOldestKnown),
                to_string(kNewestKnown));
  }
  return chosen;
}

Result<ApiVersion> container_version(std::string_view wanted, EngineVersions engine) {
  const ApiVersion lowest = std::max(kOldestForContainers, engine.oldest);
  if (wanted.empty()) return lowest;
  auto version = parse_api_version(wanted);
  if (!version) return version;
  return std::max(*version, lowest);
}

}  // namespace longshore::runtime::docker
