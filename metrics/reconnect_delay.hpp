#pragma once

#include <chrono>
#include <cstdint>

namespace longshore::metrics {

/// How long to wait before the next connection. `jitter` is uniform in [0, 1).
class ReconnectDelay {
 public:
  /// The service ended the session in good order, or the connection without a word: soon again, and
  /// the next failure counts as the first. Between 250 and 500 ms, so that a service that closes
  /// every session at once is not called in a tight loop.
  std::chrono::milliseconds after_clean_end(double jitter);
  /// 1 s, doubled by each failure in a row up to 60 s, plus up to a fifth of it.
  /// Source: amazon-ecs-agent:ecs-agent/tcs/handler/handler.go.
  std::chrono::milliseconds after_failure(double jitter);

 private:
  std::chrono::milliseconds next_{1000};
};

/// Whether this way to end is an ordinary one: normal, going away, no close at all, or an internal
/// error of the service. Source: amazon-ecs-agent:ecs-agent/tcs/handler/handler.go.
bool is_clean_end(std::uint16_t close_code);

}  // namespace longshore::metrics
