#pragma once

#include <chrono>

namespace longshore::core {

/// An exponential schedule: `first`, then × `factor` up to `limit`, each with up to `jitter` of
/// itself added. Pure: randomness comes in as a number in [0, 1).
struct BackoffSchedule {
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds limit{30'000};
  double factor = 1.3;
  double jitter = 0.2;
};

class Backoff {
 public:
  explicit Backoff(BackoffSchedule schedule) : schedule_(schedule) {}
  /// The delay before the next attempt.
  std::chrono::milliseconds next(double random_unit);
  void reset() { failures_ = 0; }

 private:
  BackoffSchedule schedule_;
  int failures_ = 0;
};

}  // namespace longshore::core
