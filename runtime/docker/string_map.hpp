#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/base/json_reader.hpp"

namespace longshore::runtime::docker {

/// The object `member` of `object`, whose values are text: labels, options. Empty when absent or
/// null. Throws JsonTypeError, as the reader does.
inline std::map<std::string, std::string> read_string_map(const JsonReader& object,
                                                          std::string_view member) {
  std::map<std::string, std::string> entries;
  const auto found = object.get(member);
  if (!found) return entries;
  for (const auto& [key, value] : found->members()) entries[key] = value.as_string();
  return entries;
}

}  // namespace longshore::runtime::docker
