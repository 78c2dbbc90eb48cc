#include "agent/standalone/shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "agent/base/text.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

std::string_view kind_of(const json& value) {
  if (value.is_string()) return "a string";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_boolean()) return "true or false";
  if (value.is_number_integer()) return "a whole number";
  return value.is_number() ? "a fraction" : "null";
}

std::string at(const std::string& path, std::string_view what) {
  return fmt::format("{}: {}", path.empty() ? "request" : path, what);
}

std::string wrong_kind(const std::string& path, std::string_view wanted, const json& value) {
  return at(path, fmt::format("expected {}, got {}", wanted, kind_of(value)));
}

/// Levenshtein's distance, letters compared without case.
std::size_t distance(std::string_view left, std::string_view right) {
  const std::string a = to_lower(left);
  const std::string b = to_lower(right);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::optional<std::string> mistake_in_text(const Shape& shape, const json& value,
                                           const std::string& path) {
  if (!value.is_string()) return wrong_kind(path, "a string", value);
  const auto& text = value.get_ref<const std::string&>();
  if (!shape.values.empty() &&
      std::find(shape.values.begin(), shape.values.end(), text) == shape.values.end()) {
    return at(path, fmt::format("\"{}\" is not one of: {}", truncate_utf8(text, 64),
                                fmt::join(shape.values, ", ")));
  }
  const auto length = static_cast<std::int64_t>(text.size());
  if (length < shape.min) return at(path, "must not be empty");
  if (length > shape.max) return at(path, fmt::format("longer than {} bytes", shape.max));
  return std::nullopt;
}

std::optional<std::string> mistake_in_whole(const Shape& shape, const json& value,
                                            const std::string& path) {
  if (!value.is_number_integer()) return wrong_kind(path, "a whole number", value);
  const bool huge = value.is_number_unsigned() &&
                    value.get<std::uint64_t>() >
                        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (huge || value.get<std::int64_t>() < shape.min || value.get<std::int64_t>() > shape.max) {
    return at(path, fmt::format("{} is outside {}..{}", value.dump(), shape.min, shape.max));
  }
  return std::nullopt;
}

std::optional<std::string> mistake_in_list(const Shape& shape, const json& value,
                                           const std::string& path) {
  if (!value.is_array()) return wrong_kind(path, "a list", value);
  const auto length = static_cast<std::int64_t>(value.size());
  if (length < shape.min) return at(path, fmt::format("needs at least {} item(s)", shape.min));
  if (shape.max == 0 && length > 0) return at(path, "must be empty on this control plane");
  if (length > shape.max) return at(path, fmt::format("has more than {} items", shape.max));
  for (std::size_t i = 0; i < value.size(); ++i) {
    auto mistake = find_mistake(*shape.element, value[i], fmt::format("{}[{}]", path, i));
    if (mistake) return mistake;
  }
  return std::nullopt;
}

std::optional<std::string> mistake_in_map(const Shape& shape, const json& value,
                                          const std::string& path) {
  if (!value.is_object()) return wrong_kind(path, "an object of strings", value);
  if (static_cast<std::int64_t>(value.size()) > shape.max) {
    return at(path, fmt::format("has more than {} members", shape.max));
  }
  for (const auto& [name, member] : value.items()) {
    auto mistake = mistake_in_text(kText, member, fmt::format("{}.{}", path, name));
    if (mistake) return mistake;
  }
  return std::nullopt;
}

std::optional<std::string> mistake_in_object(const Shape& shape, const json& value,
                                             const std::string& path) {
  if (!value.is_object()) return wrong_kind(path, "an object", value);
  const std::string prefix = path.empty() ? std::string() : path + ".";
  for (const auto& [name, member] : value.items()) {
    const auto known = std::find_if(shape.members.begin(), shape.members.end(),
                                    [&](const Member& m) { return m.name == name; });
    if (known == shape.members.end()) {
      if (shape.open) continue;
      const std::string_view meant = nearest_name(name, shape.members);
      return at(prefix + truncate_utf8(name, 64),
                meant.empty() ? "no such member"
                              : fmt::format("no such member; did you mean {}?", meant));
    }
    if (!known->refusal.empty()) return at(prefix + name, known->refusal);
    auto mistake = find_mistake(*known->shape, member, prefix + name);
    if (mistake) return mistake;
  }
  for (const Member& member : shape.members) {
    if (member.required && !value.contains(std::string(member.name))) {
      return at(prefix + std::string(member.name), "required, but missing");
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::span<const Member> members) {
  // Longer than any member with its typos: not worth the square of its length.
  if (name.size() > 64) return {};
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const Member& member : members) {
    const std::size_t here = distance(name, member.name);
    if (here < best) {
      best = here;
      nearest = member.name;
    }
  }
  return nearest;
}

std::optional<std::string> find_mistake(const Shape& shape, const json& value,
                                        const std::string& path) {
  switch (shape.kind) {
    case Shape::Kind::Text:
      return mistake_in_text(shape, value, path);
    case Shape::Kind::Whole:
      return mistake_in_whole(shape, value, path);
    case Shape::Kind::Number:
      if (!value.is_number()) return wrong_kind(path, "a number", value);
      return std::nullopt;
    case Shape::Kind::Flag:
      if (!value.is_boolean()) return wrong_kind(path, "true or false", value);
      if (shape.max == 0 && value == true) return at(path, "not available on this control plane");
      return std::nullopt;
    case Shape::Kind::List:
      return mistake_in_list(shape, value, path);
    case Shape::Kind::TextMap:
      return mistake_in_map(shape, value, path);
    case Shape::Kind::Object:
      return mistake_in_object(shape, value, path);
  }
  return std::nullopt;
}

}  // namespace longshore::standalone
