#pragma once

#include <string>

#include "config/load.hpp"

namespace longshore::config {

/// The settings as an aligned table of name, value and origin, one line each, under a heading.
std::string print_settings(const LoadedConfig& loaded);

/// The same as a JSON list of {"name","variable","value","origin"}, indented by two.
std::string print_settings_json(const LoadedConfig& loaded);

}  // namespace longshore::config
