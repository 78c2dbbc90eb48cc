#include "config/ecs_config_file.hpp"

#include "agent/base/text.hpp"

namespace longshore::config {
namespace {

std::string_view strip_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == value.back() &&
                      (value.front() == '"' || value.front() == '\'');
  return quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

EcsConfigFile parse_ecs_config(std::string_view text) {
  EcsConfigFile file;
  int number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    const auto equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
      file.unreadable_lines.push_back(number);
      continue;
    }
    file.assignments.push_back({.key = std::string(key),
                                .value = std::string(strip_quotes(trim(line.substr(equals + 1)))),
                                .line = number});
  }
  return file;
}

}  // namespace longshore::config
