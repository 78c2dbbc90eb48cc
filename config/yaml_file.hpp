#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace longshore::config {

/// One setting of a longshore.yaml.
struct YamlEntry {
  std::string name{};      ///< The setting's name: "docker.host".
  nlohmann::json value{};  ///< Scalars as text, lists and maps of scalars as such, null as null.
  int line = 0;            ///< From 1.
};

struct YamlFile {
  std::vector<YamlEntry> entries{};
  /// "line 3: docker.hosts: unknown key; did you mean docker.host?" Unknown and repeated keys,
  /// values nested too deep, broken YAML.
  std::vector<std::string> errors{};
};

/// Reads a longshore.yaml: one document, a map whose paths are the names of settings().
YamlFile parse_yaml(const std::string& text);

}  // namespace longshore::config
