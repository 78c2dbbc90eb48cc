#include "agent/standalone/json_access.hpp"

#include <algorithm>
#include <chrono>

namespace longshore::standalone {

using nlohmann::json;

const json* find_member(const json& object, std::string_view name) {
  const auto found = object.find(std::string(name));
  return found == object.end() ? nullptr : &*found;
}

bool has_member(const json& object, std::string_view name) {
  return find_member(object, name) != nullptr;
}

std::string text_of(const json& object, std::string_view name, std::string absent) {
  const json* found = find_member(object, name);
  return found != nullptr ? found->get<std::string>() : std::move(absent);
}

std::int64_t whole_of(const json& object, std::string_view name, std::int64_t absent) {
  const json* found = find_member(object, name);
  return found != nullptr ? found->get<std::int64_t>() : absent;
}

bool flag_of(const json& object, std::string_view name, bool absent) {
  const json* found = find_member(object, name);
  return found != nullptr ? found->get<bool>() : absent;
}

const json& list_of(const json& object, std::string_view name) {
  static const json empty = json::array();
  const json* found = find_member(object, name);
  return found != nullptr ? *found : empty;
}

const json& object_of(const json& object, std::string_view name) {
  static const json empty = json::object();
  const json* found = find_member(object, name);
  return found != nullptr ? *found : empty;
}

json without_nulls(const json& value) {
  if (value.is_object()) {
    json kept = json::object();
    for (const auto& [name, member] : value.items()) {
      if (!member.is_null()) kept[name] = without_nulls(member);
    }
    return kept;
  }
  if (value.is_array()) {
    json kept = json::array();
    for (const json& item : value) kept.push_back(without_nulls(item));
    return kept;
  }
  return value;
}

json epoch_seconds(WallTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1000.0;
}

WallTime from_epoch_seconds(const json& seconds) {
  // The year 9999 bounds what a caller may claim, far from where the conversion would overflow.
  const double bounded = std::clamp(seconds.get<double>(), 0.0, 253402300799.0);
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(bounded * 1000.0 + 0.5)));
}

}  // namespace longshore::standalone
