#include "metrics/kernel_text.hpp"

#include <array>
#include <cstddef>

#include "agent/base/text.hpp"
#include "runtime/kernel_text.hpp"

namespace longshore::metrics {

using runtime::CgroupVersion;
using runtime::find_value;
using runtime::next_line;
using runtime::next_word;
using runtime::parse_number;

namespace {

bool equals_ignoring_case(std::string_view word, std::string_view lower) {
  if (word.size() != lower.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] + 32) : word[i];
    if (c != lower[i]) return false;
  }
  return true;
}

}  // namespace

std::uint64_t memory_in_use(CgroupVersion version, std::uint64_t usage_bytes,
                            std::string_view memory_stat) {
  if (version == CgroupVersion::V2) {
    const auto inactive = find_value(memory_stat, "inactive_file");
    if (inactive && *inactive < usage_bytes) return usage_bytes - *inactive;
  }
  const auto cache = find_value(memory_stat, "cache");
  if (cache && *cache < usage_bytes) return usage_bytes - *cache;
  return usage_bytes;
}

StorageCounters parse_blkio_bytes(std::string_view text) {
  StorageCounters sum;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    next_word(line);  // The device, "major:minor".
    const std::string_view operation = next_word(line);
    const auto bytes = parse_number(line);
    if (!bytes) continue;
    if (equals_ignoring_case(operation, "read")) sum.read_bytes += *bytes;
    if (equals_ignoring_case(operation, "write")) sum.write_bytes += *bytes;
  }
  return sum;
}

StorageCounters parse_io_stat(std::string_view text) {
  constexpr std::string_view kRead = "rbytes=";
  constexpr std::string_view kWrite = "wbytes=";
  StorageCounters sum;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
      if (word.starts_with(kRead)) {
        sum.read_bytes += parse_number(word.substr(kRead.size())).value_or(0);
      } else if (word.starts_with(kWrite)) {
        sum.write_bytes += parse_number(word.substr(kWrite.size())).value_or(0);
      }
    }
  }
  return sum;
}

NetworkCounters parse_net_dev(std::string_view text) {
  NetworkCounters sum;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;  // The two lines of headings.
    if (!trim(line.substr(0, colon)).starts_with("eth")) continue;
    line.remove_prefix(colon + 1);
    std::array<std::uint64_t, 16> columns{};
    for (auto& column : columns) column = parse_number(next_word(line)).value_or(0);
    sum.rx_bytes += columns[0];
    sum.rx_packets += columns[1];
    sum.rx_errors += columns[2];
    sum.rx_dropped += columns[3];
    sum.tx_bytes += columns[8];
    sum.tx_packets += columns[9];
    sum.tx_errors += columns[10];
    sum.tx_dropped += columns[11];
  }
  return sum;
}

}  // namespace longshore::metrics
