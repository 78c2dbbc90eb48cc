#include "runtime/cgroup/pidfd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

// In glibc 2.36 this header does not say itself that its functions are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace longshore::runtime::cgroup {
namespace {

/// struct pidfd_info in its first form, of 64 bytes. The headers of a system may be older than its
/// kernel.
struct PidfdInfo {
  std::uint64_t mask = 0;  ///< In: what is asked for. Out: what was told.
  std::uint64_t cgroup_id = 0;
  std::array<std::uint32_t, 11> ids{};  ///< Of the process, its parent and its users.
  std::int32_t exit_status = 0;         ///< As wait(2) gives it.
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t kExit = 1U << 3U;              // PIDFD_INFO_EXIT
constexpr auto kGetInfo = _IOWR(0xFF, 11, PidfdInfo);  // PIDFD_GET_INFO

constexpr int kSignalled = 128;

}  // namespace

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

std::optional<int> Pidfd::exit_code() const {
  PidfdInfo info{.mask = kExit};
  if (::ioctl(descriptor_, kGetInfo, &info) != 0 || (info.mask & kExit) == 0) return std::nullopt;
  if (WIFSIGNALED(info.exit_status)) return kSignalled + WTERMSIG(info.exit_status);
  return WEXITSTATUS(info.exit_status);
}

}  // namespace longshore::runtime::cgroup
