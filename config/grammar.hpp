#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longshore::config {

/// Go's strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False.
std::optional<bool> parse_bool(std::string_view text);

/// Go's time.ParseDuration: "1h30m", "-1.5s", "100ms"; units ns us µs ms s m h; a bare "0".
/// nullopt also for what does not fit into 64 bits of nanoseconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// "1h30m", "1s500ms", "0s": parse_duration gives the same duration back.
std::string format_duration(std::chrono::nanoseconds duration);

/// Decimal digits with an optional '-', nothing around them.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A finite decimal number.
std::optional<double> parse_number(std::string_view text);

}  // namespace longshore::config
