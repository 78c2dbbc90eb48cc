#include "agent/base/json_reader.hpp"

#include <strings.h>

#include <cstdlib>
#include <limits>

#include "agent/base/text.hpp"

namespace longshore {
namespace {

constexpr int kMaxDepth = 64;

std::string kind_of(const nlohmann::json& value) {
  if (value.is_string()) return "a string";
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  return value.is_number() ? "a number" : value.dump();
}

/// Short, so that an error line does not carry a whole payload (or a secret inside it).
std::string describe(const nlohmann::json& value) {
  return value.is_number() ? truncate_utf8(value.dump(), 32) : kind_of(value);
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

void JsonReader::reject(std::string_view what) const {
  throw JsonTypeError{(path_.empty() ? std::string("document") : path_) + ": " + std::string(what)};
}

std::optional<JsonReader> JsonReader::get(std::string_view member) const {
  if (!value_->is_object()) reject("expected an object, got " + describe(*value_));
  const std::string path = path_.empty() ? std::string(member) : path_ + "." + std::string(member);
  auto found = value_->find(std::string(member));
  if (found == value_->end()) {
    for (auto it = value_->begin(); it != value_->end(); ++it) {
      if (same_name(it.key(), member)) found = it;
    }
  }
  if (found == value_->end() || found->is_null()) return std::nullopt;
  return JsonReader(*found, path);
}

JsonReader JsonReader::require(std::string_view member) const {
  auto found = get(member);
  if (!found) {
    JsonReader(*value_, path_.empty() ? std::string(member) : path_ + "." + std::string(member))
        .reject("required, but missing");
  }
  return *found;
}

std::string JsonReader::as_string() const {
  // Where a text belongs may be a secret, also one that somebody wrote as a number.
  if (!value_->is_string()) reject("expected a string, got " + kind_of(*value_));
  return value_->get<std::string>();
}

std::int64_t JsonReader::as_int() const {
  if (!value_->is_number_integer()) reject("expected a whole number, got " + describe(*value_));
  if (value_->is_number_unsigned() &&
      value_->get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    reject("number too large: " + describe(*value_));
  }
  return value_->get<std::int64_t>();
}

double JsonReader::as_double() const {
  if (!value_->is_number()) reject("expected a number, got " + describe(*value_));
  return value_->get<double>();
}

bool JsonReader::as_bool() const {
  if (!value_->is_boolean()) reject("expected true or false, got " + describe(*value_));
  return value_->get<bool>();
}

std::vector<JsonReader> JsonReader::items() const {
  if (!value_->is_array()) reject("expected a list, got " + describe(*value_));
  std::vector<JsonReader> readers;
  readers.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i) {
    readers.emplace_back((*value_)[i], path_ + "[" + std::to_string(i) + "]");
  }
  return readers;
}

std::vector<std::pair<std::string, JsonReader>> JsonReader::members() const {
  if (!value_->is_object()) reject("expected an object, got " + describe(*value_));
  std::vector<std::pair<std::string, JsonReader>> readers;
  for (auto it = value_->begin(); it != value_->end(); ++it) {
    readers.emplace_back(it.key(), JsonReader(*it, path_ + "." + it.key()));
  }
  return readers;
}

std::optional<std::string> JsonReader::string(std::string_view member) const {
  const auto found = get(member);
  return found ? std::optional(found->as_string()) : std::nullopt;
}

std::optional<std::int64_t> JsonReader::integer(std::string_view member) const {
  const auto found = get(member);
  return found ? std::optional(found->as_int()) : std::nullopt;
}

std::optional<double> JsonReader::number(std::string_view member) const {
  const auto found = get(member);
  return found ? std::optional(found->as_double()) : std::nullopt;
}

std::optional<bool> JsonReader::boolean(std::string_view member) const {
  const auto found = get(member);
  return found ? std::optional(found->as_bool()) : std::nullopt;
}

std::vector<JsonReader> JsonReader::list(std::string_view member) const {
  const auto found = get(member);
  return found ? found->items() : std::vector<JsonReader>{};
}

std::vector<std::string> JsonReader::strings(std::string_view member) const {
  std::vector<std::string> values;
  for (const JsonReader& item : list(member)) {
    // To Go's decoder, too, a null among texts is an empty one.
    values.push_back(item.raw().is_null() ? std::string{} : item.as_string());
  }
  return values;
}

Result<nlohmann::json> parse_json(std::string_view text) {
  bool too_deep = false;
  const auto limit_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  try {
    auto value = nlohmann::json::parse(text, limit_depth);
    if (too_deep) return fail(ErrorCode::InvalidInput, "JSON nested deeper than {}", kMaxDepth);
    return value;
  } catch (const nlohmann::json::parse_error& e) {
    return fail(ErrorCode::InvalidInput, "broken JSON at byte {}", e.byte);
  } catch (const nlohmann::json::out_of_range&) {
    return fail(ErrorCode::InvalidInput, "JSON has a number that is too large");
  }
}

std::string dump_json(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace longshore
