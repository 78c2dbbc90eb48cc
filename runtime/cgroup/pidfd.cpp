#include "runtime/cgroup/pidfd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

// In glibc 2.36 this header does not say itself that its functions are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace longshore::runtime::cgroup {

Pidfd& Pidfd::operator=(Pidfd&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Pidfd::~Pidfd() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Pidfd> Pidfd::open(pid_t pid) {
  // The kernel calls 0 and less a bad argument; to us they are processes that do not exist.
  const int descriptor = pid > 0 ? ::pidfd_open(pid, 0) : -1;
  if (descriptor >= 0) return Pidfd(descriptor);
  if (pid <= 0 || errno == ESRCH) return fail(ErrorCode::NotFound, "no process {}", pid);
  return fail(ErrorCode::Unavailable, "hold process {}: {}", pid,
              std::generic_category().message(errno));
}

Status send_signal(int pidfd, int signal) {
  if (::pidfd_send_signal(pidfd, signal, nullptr, 0) == 0 || errno == ESRCH) return {};
  const ErrorCode code = errno == EPERM ? ErrorCode::PermissionDenied : ErrorCode::Internal;
  return fail(code, "signal {}: {}", signal, std::generic_category().message(errno));
}

bool Pidfd::has_ended() const {
  pollfd ended{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&ended, 1, 0) == 1;
}

}  // namespace longshore::runtime::cgroup
