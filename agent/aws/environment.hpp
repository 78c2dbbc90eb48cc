#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace longshore::aws {

/// The process environment as a value, so that tests need not change their own.
using Environment = std::map<std::string, std::string, std::less<>>;

/// The value of `name`, or empty: AWS's tools take an empty variable for an unset one.
inline std::string_view find_variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace longshore::aws
