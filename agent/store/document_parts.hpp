#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/json_reader.hpp"
#include "agent/core/state_change.hpp"
#include "agent/core/task_spec.hpp"

namespace longshore::store {

// Pieces that several documents share. The readers throw JsonTypeError, as JsonReader does.

nlohmann::json time_json(const std::optional<WallTime>& time);  ///< Milliseconds, or null.
/// 1970 to 9999: sums and forms of other times go wrong.
std::optional<WallTime> read_time(const JsonReader& object, std::string_view member);
/// 0 to 2^30, which is what a payload may say of sizes and seconds.
std::int64_t read_amount(const JsonReader& value);
std::uint16_t read_port(const JsonReader& object, std::string_view member);  ///< Absent: 0.
int read_int(const JsonReader& value);                                       ///< 32 bits.
std::map<std::string, std::string> read_string_map(const JsonReader& object,
                                                   std::string_view member);
nlohmann::json bindings_json(const std::vector<core::NetworkBinding>& bindings);
std::vector<core::NetworkBinding> read_bindings(const JsonReader& object, std::string_view member);
nlohmann::json change_json(const core::ContainerChange& change);
core::ContainerChange read_container_change(const JsonReader& reader);
nlohmann::json spec_json(const core::TaskSpec& spec);
core::TaskSpec read_spec(const JsonReader& reader);

}  // namespace longshore::store
