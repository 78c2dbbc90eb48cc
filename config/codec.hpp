#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/base/log.hpp"
#include "agent/base/secret.hpp"
#include "config/config.hpp"

namespace longshore::config {

/// How a type of setting is read and shown: `from_text` reads what flags, variables and ecs.config
/// hold, `from_json` what ecs.config.json (and lists and maps of YAML) hold; nullopt is a refusal.
/// `show` gives what from_text (or, for lists and maps, from_json) would read back.
template <typename T>
struct Codec;

template <>
struct Codec<bool> {
  static std::optional<bool> from_text(std::string_view text);
  static std::optional<bool> from_json(const nlohmann::json& json);
  static nlohmann::json show(bool value) { return value; }
};

template <>
struct Codec<std::string> {
  static std::optional<std::string> from_text(std::string_view text) { return std::string(text); }
  static std::optional<std::string> from_json(const nlohmann::json& json);
  static nlohmann::json show(const std::string& value) { return value; }
};

/// Text that is a JSON object; ecs.config.json may hold the object itself.
template <>
struct Codec<Secret> {
  static std::optional<Secret> from_text(std::string_view text);
  static std::optional<Secret> from_json(const nlohmann::json& json);
  static nlohmann::json show(const Secret& value) { return value.empty() ? "" : "***"; }
};

template <>
struct Codec<std::int64_t> {
  static std::optional<std::int64_t> from_text(std::string_view text);
  static std::optional<std::int64_t> from_json(const nlohmann::json& json);
  static nlohmann::json show(std::int64_t value) { return value; }
};

template <>
struct Codec<int> {
  static std::optional<int> from_text(std::string_view text);
  static std::optional<int> from_json(const nlohmann::json& json);
  static nlohmann::json show(int value) { return value; }
};

template <>
struct Codec<std::uint16_t> {
  static std::optional<std::uint16_t> from_text(std::string_view text);
  static std::optional<std::uint16_t> from_json(const nlohmann::json& json);
  static nlohmann::json show(std::uint16_t value) { return value; }
};

template <>
struct Codec<double> {
  static std::optional<double> from_text(std::string_view text);
  static std::optional<double> from_json(const nlohmann::json& json);
  static nlohmann::json show(double value) { return value; }
};

/// Go's grammar in text, nanoseconds in JSON. What is finer than the type is rounded away from
/// zero: zero means unset, and a bare 5 in JSON, five nanoseconds, must not.
template <>
struct Codec<std::chrono::nanoseconds> {
  static std::optional<std::chrono::nanoseconds> from_text(std::string_view text);
  static std::optional<std::chrono::nanoseconds> from_json(const nlohmann::json& json);
  static nlohmann::json show(std::chrono::nanoseconds value);
};

/// Durations in a coarser unit than nanoseconds, rounded away from zero.
template <typename Period>
struct Codec<std::chrono::duration<std::int64_t, Period>> {
  using Value = std::chrono::duration<std::int64_t, Period>;
  using Nanos = Codec<std::chrono::nanoseconds>;
  static std::optional<Value> round(std::optional<std::chrono::nanoseconds> nanos) {
    if (!nanos) return std::nullopt;
    return nanos->count() < 0 ? std::chrono::floor<Value>(*nanos)
                              : std::chrono::ceil<Value>(*nanos);
  }
  static std::optional<Value> from_text(std::string_view text) {
    return round(Nanos::from_text(text));
  }
  static std::optional<Value> from_json(const nlohmann::json& json) {
    return round(Nanos::from_json(json));
  }
  static nlohmann::json show(Value value) { return Nanos::show(value); }
};

/// "lo-hi", or one port.
template <>
struct Codec<PortRange> {
  static std::optional<PortRange> from_text(std::string_view text);
  static std::optional<PortRange> from_json(const nlohmann::json& json);
  static nlohmann::json show(const PortRange& value);
};

/// "auto" (no value) beside what T takes.
template <typename T>
struct Codec<std::optional<T>> {
  using Value = std::optional<T>;
  static std::optional<Value> from_text(std::string_view text) {
    if (text == "auto") return std::optional<Value>(std::in_place, std::nullopt);
    auto value = Codec<T>::from_text(text);
    return value ? std::optional<Value>(std::move(value)) : std::nullopt;
  }
  static std::optional<Value> from_json(const nlohmann::json& json) {
    auto value = Codec<T>::from_json(json);
    return value ? std::optional<Value>(std::move(value)) : std::nullopt;
  }
  static nlohmann::json show(const Value& value) {
    return value ? Codec<T>::show(*value) : nlohmann::json("auto");
  }
};

template <>
struct Codec<std::vector<std::uint16_t>> {
  static std::optional<std::vector<std::uint16_t>> from_text(std::string_view text);
  static std::optional<std::vector<std::uint16_t>> from_json(const nlohmann::json& json);
  static nlohmann::json show(const std::vector<std::uint16_t>& value) { return value; }
};

template <>
struct Codec<std::vector<std::string>> {
  static std::optional<std::vector<std::string>> from_text(std::string_view text);
  static std::optional<std::vector<std::string>> from_json(const nlohmann::json& json);
  static nlohmann::json show(const std::vector<std::string>& value) { return value; }
};

template <>
struct Codec<std::map<std::string, std::string>> {
  static std::optional<std::map<std::string, std::string>> from_text(std::string_view text);
  static std::optional<std::map<std::string, std::string>> from_json(const nlohmann::json& json);
  static nlohmann::json show(const std::map<std::string, std::string>& value) { return value; }
};

template <>
struct Codec<ImagePullBehavior> {
  static std::optional<ImagePullBehavior> from_text(std::string_view text);
  static std::optional<ImagePullBehavior> from_json(const nlohmann::json& json);
  static nlohmann::json show(ImagePullBehavior value);
};

template <>
struct Codec<OrphanPolicy> {
  static std::optional<OrphanPolicy> from_text(std::string_view text);
  static std::optional<OrphanPolicy> from_json(const nlohmann::json& json);
  static nlohmann::json show(OrphanPolicy value);
};

template <>
struct Codec<LogLevel> {
  static std::optional<LogLevel> from_text(std::string_view text);
  static std::optional<LogLevel> from_json(const nlohmann::json& json);
  static nlohmann::json show(LogLevel value);
};

template <>
struct Codec<LogFormat> {
  static std::optional<LogFormat> from_text(std::string_view text);
  static std::optional<LogFormat> from_json(const nlohmann::json& json);
  static nlohmann::json show(LogFormat value);
};

}  // namespace longshore::config
