#include "agent/core/backoff.hpp"

#include <algorithm>
#include <cmath>

namespace longshore::core {

std::chrono::milliseconds Backoff::next(double random_unit) {
  const auto first = static_cast<double>(schedule_.first.count());
  const auto limit = static_cast<double>(schedule_.limit.count());
  const double plain = std::min(first * std::pow(schedule_.factor, failures_), limit);
  if (plain < limit) ++failures_;
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(plain * (1.0 + schedule_.jitter * random_unit))};
}

}  // namespace longshore::core
