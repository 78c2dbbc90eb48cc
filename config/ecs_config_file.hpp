#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace longshore::config {

/// One KEY=VALUE of an ecs.config.
struct Assignment {
  std::string key{};
  std::string value{};
  int line = 0;  ///< From 1.
  friend bool operator==(const Assignment&, const Assignment&) = default;
};

struct EcsConfigFile {
  std::vector<Assignment> assignments{};  ///< In order; of two with one key the later counts.
  std::vector<int> unreadable_lines{};    ///< Neither empty nor comment nor KEY=VALUE.
};

/// Reads KEY=VALUE lines as systemd reads an EnvironmentFile of single lines: '#' and ';' start a
/// comment line, spaces around key and value go, and so do matching quotes around the value.
EcsConfigFile parse_ecs_config(std::string_view text);

}  // namespace longshore::config
