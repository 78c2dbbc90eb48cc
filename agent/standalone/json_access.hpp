#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/clock.hpp"

/// Short reads of JSON that a Shape has accepted: absent members have a stand-in, and a wrong type
/// cannot occur.
namespace longshore::standalone {

const nlohmann::json* find_member(const nlohmann::json& object, std::string_view name);
bool has_member(const nlohmann::json& object, std::string_view name);
std::string text_of(const nlohmann::json& object, std::string_view name, std::string absent = {});
std::int64_t whole_of(const nlohmann::json& object, std::string_view name, std::int64_t absent = 0);
bool flag_of(const nlohmann::json& object, std::string_view name, bool absent = false);
/// An empty list when absent.
const nlohmann::json& list_of(const nlohmann::json& object, std::string_view name);
/// An empty object when absent.
const nlohmann::json& object_of(const nlohmann::json& object, std::string_view name);
/// The value without members that are null, at any depth: ECS takes null for absent.
nlohmann::json without_nulls(const nlohmann::json& value);
/// Epoch seconds with milliseconds, as ECS writes times.
nlohmann::json epoch_seconds(WallTime time);
/// Reads such a number.
WallTime from_epoch_seconds(const nlohmann::json& seconds);

}  // namespace longshore::standalone
