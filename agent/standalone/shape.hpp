#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace longshore::standalone {

struct Shape;

/// One member of an object and what its value may be.
struct Member {
  std::string_view name{};
  const Shape* shape = nullptr;
  bool required = false;
  /// Not empty: the member exists in ECS but is refused here, for this reason.
  std::string_view refusal{};
};

/// What a JSON value of a request may be. Requests are described by constant tables of these, so
/// that every mistake is found and named in one place.
struct Shape {
  enum class Kind { Text, Whole, Number, Flag, List, TextMap, Object };
  Kind kind = Kind::Text;
  std::span<const Member> members{};           ///< Object.
  const Shape* element = nullptr;              ///< List.
  std::span<const std::string_view> values{};  ///< Text: the only ones accepted, if any.
  /// Whole: value. List, Text, TextMap: length. Flag: a max of 0 accepts false only.
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  bool open = false;  ///< Object: unknown members are ignored, as agents' requests need.
};

/// Bounds where the API's model names none: characters of a text, members of a list.
constexpr std::int64_t kMaxText = 8192;
constexpr std::int64_t kMaxItems = 1000;

/// Shapes by kind, with their bounds.
constexpr Shape text_shape(std::int64_t min = 0, std::int64_t max = kMaxText) {
  return {.kind = Shape::Kind::Text, .min = min, .max = max};
}
constexpr Shape choice_shape(std::span<const std::string_view> values) {
  return {.kind = Shape::Kind::Text, .values = values, .max = kMaxText};
}
constexpr Shape whole_shape(std::int64_t min, std::int64_t max) {
  return {.kind = Shape::Kind::Whole, .min = min, .max = max};
}
constexpr Shape list_shape(const Shape& element, std::int64_t min = 0,
                           std::int64_t max = kMaxItems) {
  return {.kind = Shape::Kind::List, .element = &element, .min = min, .max = max};
}
constexpr Shape object_shape(std::span<const Member> members) {
  return {.kind = Shape::Kind::Object, .members = members};
}
constexpr Shape open_object_shape(std::span<const Member> members) {
  return {.kind = Shape::Kind::Object, .members = members, .open = true};
}

/// Shapes that many requests share.
inline constexpr Shape kText = text_shape();
inline constexpr Shape kName = text_shape(1, 512);
inline constexpr Shape kFlag = {.kind = Shape::Kind::Flag};
inline constexpr Shape kOff = {.kind = Shape::Kind::Flag, .max = 0};
inline constexpr Shape kNumber = {.kind = Shape::Kind::Number};
inline constexpr Shape kWhole = whole_shape(-2'147'483'648, 2'147'483'647);
inline constexpr Shape kCount = whole_shape(0, 2'147'483'647);
inline constexpr Shape kTexts = list_shape(kText);
inline constexpr Shape kTextMap = {.kind = Shape::Kind::TextMap, .max = kMaxItems};

/// The first mistake in `value`, with its path: "containerDefinitions[0].nam: no such member; did
/// you mean name?". Members whose value is null count as absent; `value` should come from
/// without_nulls(). nullopt: everything fits.
std::optional<std::string> find_mistake(const Shape& shape, const nlohmann::json& value,
                                        const std::string& path = {});

/// The name in `members` that `name` was probably meant to be: at most a third of its letters
/// differ. Empty when none is close.
std::string_view nearest_name(std::string_view name, std::span<const Member> members);

}  // namespace longshore::standalone
