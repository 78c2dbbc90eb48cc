// longshore.yaml by itself.
#include <algorithm>

#include "config/setting.hpp"
#include "config/yaml_file.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

bool is_flat(const nlohmann::json& value) {
  return !value.is_structured() ||
         std::all_of(value.begin(), value.end(), [](const auto& v) { return v.is_primitive(); });
}

}  // namespace

void run(std::string_view input) {
  const config::YamlFile file = config::parse_yaml(std::string(input));
  for (const config::YamlEntry& entry : file.entries) {
    const auto& known = config::settings();
    require(std::any_of(known.begin(), known.end(),
                        [&](const auto& s) { return s.name == entry.name; }),
            "an entry is one of the settings");
    require(entry.line >= 1, "an entry has a line");
    require(is_flat(entry.value), "a value is no tree");
  }
  for (const std::string& error : file.errors) {
    require(error.starts_with("line "), "an error names its line");
  }
}

}  // namespace longshore::fuzz
