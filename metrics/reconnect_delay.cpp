#include "metrics/reconnect_delay.hpp"

#include <algorithm>

namespace longshore::metrics {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirst{1000};
constexpr milliseconds kLongest{60'000};
constexpr milliseconds kFloor{250};

milliseconds scaled(milliseconds time, double factor) {
  return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(time.count()) * factor));
}

}  // namespace

milliseconds ReconnectDelay::after_clean_end(double jitter) {
  next_ = kFirst;
  return kFloor + scaled(kFloor, jitter);
}

milliseconds ReconnectDelay::after_failure(double jitter) {
  const milliseconds delay = next_;
  next_ = std::min(2 * next_, kLongest);
  return delay + scaled(delay, 0.2 * jitter);
}

bool is_clean_end(std::uint16_t close_code) {
  return close_code == 1000 || close_code == 1001 || close_code == 1006 || close_code == 1011;
}

}  // namespace longshore::metrics
