#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace longshore::config {

/// An official setting that this version does not act on.
struct UnimplementedName {
  std::string_view variable{};  ///< "ECS_CHECKPOINT"; empty: only in ecs.config.json.
  std::string_view json_key{};  ///< "Checkpoint"; empty: only a variable.
  std::string_view harmless{};  ///< What this version does anyway; setting that needs no warning.
};

/// Settings of the official agent that this version does not act on.
const std::vector<UnimplementedName>& unimplemented_names();

/// Whether `value` asks for what this version does anyway: nothing (an empty text, list or map),
/// the same text in any case, or the same truth value in another spelling.
bool is_harmless(const UnimplementedName& name, std::string_view value);

/// The known variable (or key of ecs.config.json, or setting name) closest to a misspelt one;
/// empty when none is close enough to suggest.
std::string_view nearest_variable(std::string_view name);
std::string_view nearest_json_key(std::string_view name);
std::string_view nearest_setting_name(std::string_view name);

}  // namespace longshore::config
