#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace longshore::fuzz {

/// `input` with the value of every member that is called like one of `names` (in any case, at any
/// depth) put in place of one that stands nowhere else: a text by a text, a number by a number.
/// Empty when `input` is no JSON or holds those values by itself.
std::string plant_secrets(std::string_view input, std::initializer_list<std::string_view> names);

/// What plant_secrets() puts in place of a text. It needs no encoding anywhere.
inline constexpr std::string_view kPlantedText = "p1ant3d-s3cr3t";

/// Whether `text` gives away what plant_secrets() planted.
bool reveals_planted(std::string_view text);

}  // namespace longshore::fuzz
