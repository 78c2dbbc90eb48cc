#pragma once

#include <sys/types.h>

#include <optional>
#include <utility>

#include "agent/base/result.hpp"

namespace longshore::runtime::cgroup {

/// Sends `signal` to the process of a pidfd; ended already is success. Errors: PermissionDenied,
/// Internal.
Status send_signal(int pidfd, int signal);

/// One process, held by a descriptor, so that its number cannot come to mean another. Linux 5.3.
/// Source: pidfd_open(2), pidfd_send_signal(2), include/uapi/linux/pidfd.h.
class Pidfd {
 public:
  Pidfd(Pidfd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Pidfd& operator=(Pidfd&& other) noexcept;
  Pidfd(const Pidfd&) = delete;
  Pidfd& operator=(const Pidfd&) = delete;
  ~Pidfd();

  /// Errors: NotFound (no such process), Unavailable (older kernel, too many open files).
  static Result<Pidfd> open(pid_t pid);
  /// Takes over a descriptor that release() gave up.
  static Pidfd adopt(int descriptor) { return Pidfd(descriptor); }

  /// As send_signal().
  [[nodiscard]] Status send(int signal) const { return send_signal(descriptor_, signal); }
  /// Whether the process has ended; its parent may not have waited for it yet.
  [[nodiscard]] bool has_ended() const;
  /// What the process ended with, 128 + n for signal n, once its parent has waited for it. nullopt
  /// before, and on Linux before 6.15.
  [[nodiscard]] std::optional<int> exit_code() const;
  /// Gives the descriptor up to the caller. It is readable once the process has ended.
  [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }

 private:
  explicit Pidfd(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace longshore::runtime::cgroup
