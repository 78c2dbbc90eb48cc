#include "agent/standalone/task_size.hpp"

#include <charconv>
#include <cmath>
#include <string>

#include "agent/base/text.hpp"

namespace longshore::standalone {
namespace {

/// A bare whole number counts as it is; a number in front of `unit` counts `scale` times.
std::optional<std::int64_t> parse_size(std::string_view text, std::string_view unit, double scale) {
  std::string lower = to_lower(trim(text));
  const bool scaled = lower.ends_with(unit);
  if (scaled) lower = std::string(trim(lower.substr(0, lower.size() - unit.size())));
  const char* const end = lower.data() + lower.size();
  double value = 0;
  const auto [rest, error] = std::from_chars(lower.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || rest != end) return std::nullopt;
  value = scaled ? value * scale : value;
  // A fraction of a unit has no meaning; 2^31 MiB or units is beyond any machine.
  if (value < 1 || value > 2'147'483'647.0 || value != std::floor(value)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::optional<std::int64_t> parse_task_cpu(std::string_view text) {
  return parse_size(text, "vcpu", 1024);
}

std::optional<std::int64_t> parse_task_memory(std::string_view text) {
  return parse_size(text, "gb", 1024);
}

}  // namespace longshore::standalone
