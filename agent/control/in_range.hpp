#pragma once

#include <cstdint>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::control {

/// Keeps sums and the conversion of MiB to bytes far from overflowing: 1 PiB, 2^30 shares, seconds.
inline constexpr std::int64_t kMaxAmount = std::int64_t{1} << 30;

/// `value` of the payload member called `member`, if it is 0 to `limit`. Errors: InvalidInput.
inline Result<std::int64_t> in_range(std::string_view member, std::int64_t value,
                                     std::int64_t limit = kMaxAmount) {
  if (value >= 0 && value <= limit) return value;
  return fail(ErrorCode::InvalidInput, "{}: expected 0 to {}, got {}", member, limit, value);
}

}  // namespace longshore::control
