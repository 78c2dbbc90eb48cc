#pragma once

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore {

/// Reads one JSON value and remembers where it is, so that a wrong type becomes
/// `tasks[0].containers[1].cpu: expected a number, got a string ("x")`.
/// An absent member and a null are both nullopt; unknown members are ignored; member names match
/// in any case, as Go's decoder (which the official agent uses) does.
///
/// The accessors throw JsonTypeError; only decode() and read_json() below let it out, as a Result.
class JsonReader {
 public:
  explicit JsonReader(const nlohmann::json& value, std::string path = {})
      : value_(&value), path_(std::move(path)) {}

  [[nodiscard]] const nlohmann::json& raw() const { return *value_; }
  [[nodiscard]] const std::string& path() const { return path_; }

  /// The member of this object, or nullopt when absent or null. Throws when this is no object.
  [[nodiscard]] std::optional<JsonReader> get(std::string_view member) const;
  /// As get(), but throws "path.member: required" when absent.
  [[nodiscard]] JsonReader require(std::string_view member) const;

  [[nodiscard]] std::string as_string() const;
  [[nodiscard]] std::int64_t as_int() const;  ///< A fraction throws; 3.0 does too.
  [[nodiscard]] double as_double() const;
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::vector<JsonReader> items() const;  ///< Elements of an array.
  /// Members of an object in order, each with its name.
  [[nodiscard]] std::vector<std::pair<std::string, JsonReader>> members() const;

  // Short forms for optional members: nullopt when absent.
  [[nodiscard]] std::optional<std::string> string(std::string_view member) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view member) const;
  [[nodiscard]] std::optional<double> number(std::string_view member) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view member) const;
  /// Elements of an array member; empty when absent.
  [[nodiscard]] std::vector<JsonReader> list(std::string_view member) const;
  [[nodiscard]] std::vector<std::string> strings(std::string_view member) const;

  /// Throws JsonTypeError with this value's path: "path: <what>".
  [[noreturn]] void reject(std::string_view what) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

/// Thrown inside read_json() alone, which turns it into InvalidInput.
struct JsonTypeError {
  std::string message{};
};

/// Runs `read(JsonReader)` over `text` (or a parsed value) and turns broken JSON, a wrong type and
/// nesting deeper than 64 into InvalidInput.
template <std::same_as<nlohmann::json> Json, typename Read>
auto read_json(const Json& value, Read read) -> Result<decltype(read(JsonReader(value)))> {
  try {
    return read(JsonReader(value));
  } catch (const JsonTypeError& e) {
    return fail(ErrorCode::InvalidInput, "{}", e.message);
  }
}

/// Parses without exceptions. Errors: InvalidInput with the byte offset.
Result<nlohmann::json> parse_json(std::string_view text);

/// The same from text.
template <typename Read>
auto read_json(std::string_view text, Read read)
    -> Result<decltype(read(JsonReader(std::declval<const nlohmann::json&>())))> {
  auto parsed = parse_json(text);
  if (!parsed) return fail(std::move(parsed).error());
  return read_json(*parsed, std::move(read));
}

/// Compact text; invalid UTF-8 becomes U+FFFD in place of an exception.
std::string dump_json(const nlohmann::json& value);

}  // namespace longshore
