#include "config/codec.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "config/grammar.hpp"

namespace longshore::config {
namespace {

using nlohmann::json;

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<ImagePullBehavior, 4> kPullBehaviors{
    {{ImagePullBehavior::Default, "default"},
     {ImagePullBehavior::Always, "always"},
     {ImagePullBehavior::Once, "once"},
     {ImagePullBehavior::PreferCached, "prefer-cached"}}};
constexpr Names<OrphanPolicy, 2> kOrphanPolicies{
    {{OrphanPolicy::Keep, "keep"}, {OrphanPolicy::Remove, "remove"}}};
constexpr Names<LogLevel, 6> kLogLevels{{{LogLevel::Debug, "debug"},
                                         {LogLevel::Info, "info"},
                                         {LogLevel::Warn, "warn"},
                                         {LogLevel::Error, "error"},
                                         {LogLevel::Critical, "crit"},
                                         {LogLevel::None, "none"}}};
constexpr Names<LogFormat, 2> kLogFormats{
    {{LogFormat::Logfmt, "logfmt"}, {LogFormat::Json, "json"}}};

template <typename Enum, std::size_t N>
std::optional<Enum> find_value(const Names<Enum, N>& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

template <typename Enum, std::size_t N>
json find_name(const Names<Enum, N>& names, Enum wanted) {
  for (const auto& [value, name] : names) {
    if (value == wanted) return name;
  }
  return nullptr;
}

template <typename T>
std::optional<T> narrow(std::optional<std::int64_t> value) {
  if (!value || *value < std::numeric_limits<T>::min() || *value > std::numeric_limits<T>::max()) {
    return std::nullopt;
  }
  return static_cast<T>(*value);
}

/// Lists and maps in a variable are JSON.
template <typename T>
std::optional<T> from_json_text(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed ? Codec<T>::from_json(*parsed) : std::nullopt;
}

template <typename T>
std::optional<std::vector<T>> list_from_json(const json& list) {
  if (!list.is_array()) return std::nullopt;
  std::vector<T> values;
  for (const json& item : list) {
    auto value = Codec<T>::from_json(item);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

std::optional<std::string> text_from_json(const json& value) {
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

}  // namespace

std::optional<bool> Codec<bool>::from_text(std::string_view text) { return parse_bool(text); }
std::optional<bool> Codec<bool>::from_json(const json& value) {
  return value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt;
}

std::optional<std::string> Codec<std::string>::from_json(const json& value) {
  return text_from_json(value);
}

std::optional<Secret> Codec<Secret>::from_text(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return Secret(std::string(text));
}
std::optional<Secret> Codec<Secret>::from_json(const json& value) {
  if (value.is_object()) return Secret(dump_json(value));
  const auto text = text_from_json(value);
  return text ? from_text(*text) : std::nullopt;
}

std::optional<std::int64_t> Codec<std::int64_t>::from_text(std::string_view text) {
  return parse_integer(text);
}
std::optional<std::int64_t> Codec<std::int64_t>::from_json(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::nullopt;
  }
  return value.get<std::int64_t>();
}

std::optional<int> Codec<int>::from_text(std::string_view text) {
  return narrow<int>(parse_integer(text));
}
std::optional<int> Codec<int>::from_json(const json& value) {
  return narrow<int>(Codec<std::int64_t>::from_json(value));
}

std::optional<std::uint16_t> Codec<std::uint16_t>::from_text(std::string_view text) {
  return narrow<std::uint16_t>(parse_integer(text));
}
std::optional<std::uint16_t> Codec<std::uint16_t>::from_json(const json& value) {
  return narrow<std::uint16_t>(Codec<std::int64_t>::from_json(value));
}

std::optional<double> Codec<double>::from_text(std::string_view text) { return parse_number(text); }
std::optional<double> Codec<double>::from_json(const json& value) {
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::optional<std::chrono::nanoseconds> Codec<std::chrono::nanoseconds>::from_text(
    std::string_view text) {
  return parse_duration(text);
}
std::optional<std::chrono::nanoseconds> Codec<std::chrono::nanoseconds>::from_json(
    const json& value) {
  const auto nanos = Codec<std::int64_t>::from_json(value);
  return nanos ? std::optional(std::chrono::nanoseconds{*nanos}) : std::nullopt;
}
json Codec<std::chrono::nanoseconds>::show(std::chrono::nanoseconds value) {
  return format_duration(value);
}

std::optional<PortRange> Codec<PortRange>::from_text(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() > 2) return std::nullopt;
  const auto first = Codec<std::uint16_t>::from_text(trim(parts.front()));
  const auto last = Codec<std::uint16_t>::from_text(trim(parts.back()));
  if (!first || !last || *first == 0 || *first > *last) return std::nullopt;
  return PortRange{*first, *last};
}
std::optional<PortRange> Codec<PortRange>::from_json(const json& value) {
  const auto text = text_from_json(value);
  return text ? from_text(*text) : std::nullopt;
}
json Codec<PortRange>::show(const PortRange& value) {
  return fmt::format("{}-{}", value.first, value.last);
}

std::optional<std::vector<std::uint16_t>> Codec<std::vector<std::uint16_t>>::from_text(
    std::string_view text) {
  return from_json_text<std::vector<std::uint16_t>>(text);
}
std::optional<std::vector<std::uint16_t>> Codec<std::vector<std::uint16_t>>::from_json(
    const json& value) {
  return list_from_json<std::uint16_t>(value);
}

std::optional<std::vector<std::string>> Codec<std::vector<std::string>>::from_text(
    std::string_view text) {
  return from_json_text<std::vector<std::string>>(text);
}
std::optional<std::vector<std::string>> Codec<std::vector<std::string>>::from_json(
    const json& value) {
  return list_from_json<std::string>(value);
}

std::optional<std::map<std::string, std::string>>
Codec<std::map<std::string, std::string>>::from_text(std::string_view text) {
  return from_json_text<std::map<std::string, std::string>>(text);
}
std::optional<std::map<std::string, std::string>>
Codec<std::map<std::string, std::string>>::from_json(const json& value) {
  if (!value.is_object()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (const auto& [name, item] : value.items()) {
    if (!item.is_string()) return std::nullopt;
    values.emplace(name, item.get<std::string>());
  }
  return values;
}

std::optional<ImagePullBehavior> Codec<ImagePullBehavior>::from_text(std::string_view text) {
  return find_value(kPullBehaviors, text);
}
std::optional<ImagePullBehavior> Codec<ImagePullBehavior>::from_json(const json& value) {
  const auto index = Codec<std::int64_t>::from_json(value);
  if (!index || *index < 0 || *index >= static_cast<std::int64_t>(kPullBehaviors.size())) {
    return std::nullopt;
  }
  return kPullBehaviors[static_cast<std::size_t>(*index)].first;
}
json Codec<ImagePullBehavior>::show(ImagePullBehavior value) {
  return find_name(kPullBehaviors, value);
}

std::optional<OrphanPolicy> Codec<OrphanPolicy>::from_text(std::string_view text) {
  return find_value(kOrphanPolicies, text);
}
std::optional<OrphanPolicy> Codec<OrphanPolicy>::from_json(const json& value) {
  const auto text = text_from_json(value);
  return text ? from_text(*text) : std::nullopt;
}
json Codec<OrphanPolicy>::show(OrphanPolicy value) { return find_name(kOrphanPolicies, value); }

std::optional<LogLevel> Codec<LogLevel>::from_text(std::string_view text) {
  return find_value(kLogLevels, to_lower(text));
}
std::optional<LogLevel> Codec<LogLevel>::from_json(const json& value) {
  const auto text = text_from_json(value);
  return text ? from_text(*text) : std::nullopt;
}
json Codec<LogLevel>::show(LogLevel value) { return find_name(kLogLevels, value); }

std::optional<LogFormat> Codec<LogFormat>::from_text(std::string_view text) {
  return find_value(kLogFormats, text);
}
std::optional<LogFormat> Codec<LogFormat>::from_json(const json& value) {
  const auto text = text_from_json(value);
  return text ? from_text(*text) : std::nullopt;
}
json Codec<LogFormat>::show(LogFormat value) { return find_name(kLogFormats, value); }

}  // namespace longshore::config
