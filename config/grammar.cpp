#include "config/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace longshore::config {
namespace {

using Nanos = std::uint64_t;

// Longest first, so that "ms" is not read as "m" and "s".
constexpr std::array<std::pair<std::string_view, Nanos>, 8> kUnits{{{"ns", 1},
                                                                    {"us", 1'000},
                                                                    {"\u00b5s", 1'000},
                                                                    {"\u03bcs", 1'000},
                                                                    {"ms", 1'000'000},
                                                                    {"s", 1'000'000'000},
                                                                    {"m", 60'000'000'000},
                                                                    {"h", 3'600'000'000'000}}};
constexpr Nanos kMax = std::numeric_limits<std::int64_t>::max();

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Takes the digits off the front of `text`.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

std::optional<Nanos> take_unit(std::string_view& text) {
  for (const auto& [name, nanos] : kUnits) {
    if (text.starts_with(name)) {
      text.remove_prefix(name.size());
      return nanos;
    }
  }
  return std::nullopt;
}

/// One "1.5h" off the front of `text`.
std::optional<Nanos> take_term(std::string_view& text) {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  const auto unit = take_unit(text);
  if (!unit) return std::nullopt;
  const auto count = whole.empty() ? std::optional<Nanos>{0} : parse_whole<Nanos>(whole);
  if (!count || *count > kMax / *unit) return std::nullopt;
  // Beyond 18 digits nothing is as long as a nanosecond.
  fraction = fraction.substr(0, 18);
  const double part =
      fraction.empty()
          ? 0.0
          : static_cast<double>(parse_whole<Nanos>(fraction).value_or(0)) *
                (static_cast<double>(*unit) / std::pow(10.0, static_cast<double>(fraction.size())));
  return *count * *unit + static_cast<Nanos>(part);
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "FALSE", "false", "False"};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return std::chrono::nanoseconds{0};
  if (text.empty()) return std::nullopt;
  Nanos total = 0;
  while (!text.empty()) {
    const auto term = take_term(text);
    if (!term || *term > kMax - total) return std::nullopt;
    total += *term;
  }
  const auto nanos = static_cast<std::int64_t>(total);
  return std::chrono::nanoseconds{negative ? -nanos : nanos};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const bool negative = duration.count() < 0;
  Nanos left = negative ? Nanos{0} - static_cast<Nanos>(duration.count())
                        : static_cast<Nanos>(duration.count());
  std::string text = negative ? "-" : "";
  if (left == 0) return "0s";
  const auto take = [&](Nanos unit, std::string_view name) {
    if (left >= unit) text += fmt::format("{}{}", left / unit, name);
    left %= unit;
  };
  take(3'600'000'000'000, "h");
  take(60'000'000'000, "m");
  take(1'000'000'000, "s");
  take(1'000'000, "ms");
  take(1'000, "us");
  take(1, "ns");
  return text;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace longshore::config
