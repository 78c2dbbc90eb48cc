#include "config/print.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "agent/base/json_reader.hpp"

namespace longshore::config {
namespace {

/// On one line: text as it is, "-" for none, everything else as JSON.
std::string cell(const nlohmann::json& value) {
  if (!value.is_string()) return dump_json(value);
  const auto& text = value.get_ref<const std::string&>();
  const bool has_control =
      std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' '; });
  if (has_control) return dump_json(value);
  return text.empty() ? "-" : text;
}

}  // namespace

std::string print_settings(const LoadedConfig& loaded) {
  std::vector<std::array<std::string, 3>> rows{{"SETTING", "VALUE", "ORIGIN"}};
  for (const SettingOrigin& setting : loaded.origins) {
    rows.push_back({setting.name, cell(setting.value), setting.origin});
  }
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  // One long list or map must not push every origin off the screen.
  constexpr std::size_t kWidestValue = 44;
  for (const auto& row : rows) {
    name_width = std::max(name_width, row[0].size());
    value_width = std::max(value_width, std::min(row[1].size(), kWidestValue));
  }
  std::string text;
  for (const auto& row : rows) {
    text += fmt::format("{:<{}}  {:<{}}  {}\n", row[0], name_width, row[1], value_width, row[2]);
  }
  return text;
}

std::string print_settings_json(const LoadedConfig& loaded) {
  auto list = nlohmann::ordered_json::array();
  for (const SettingOrigin& setting : loaded.origins) {
    nlohmann::ordered_json entry;
    entry["name"] = setting.name;
    if (!setting.variable.empty()) entry["variable"] = setting.variable;
    entry["value"] = setting.value;
    entry["origin"] = setting.origin;
    list.push_back(std::move(entry));
  }
  return list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace longshore::config
