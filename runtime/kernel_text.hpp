#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace longshore::runtime {

/// The texts of cgroup and /proc files. Nothing here allocates: these run for every container, over
/// and over.

/// Takes the first line off `text` and returns it without its end.
std::string_view next_line(std::string_view& text);

/// Takes the first word off `text` and returns it; empty at its end. Blanks and tabs part words.
std::string_view next_word(std::string_view& text);

/// The one number a file holds ("12345\n"): cpuacct.usage, memory.usage_in_bytes, memory.current.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// The value of `key` in a file of "key value" lines: memory.stat, cpu.stat, memory.events.
std::optional<std::uint64_t> find_value(std::string_view text, std::string_view key);

}  // namespace longshore::runtime
