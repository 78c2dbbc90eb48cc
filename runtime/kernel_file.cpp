#include "runtime/kernel_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

namespace longshore::runtime {
namespace {

tl::unexpected<Error> failure(std::string_view what, int error) {
  ErrorCode code = ErrorCode::Unavailable;
  // ENODEV: the cgroup was removed. ESRCH: the process ended.
  if (error == ENOENT || error == ENODEV || error == ESRCH) code = ErrorCode::NotFound;
  if (error == EACCES || error == EPERM) code = ErrorCode::PermissionDenied;
  return fail(code, "{}: {}", what, std::generic_category().message(error));
}

}  // namespace

KernelFile& KernelFile::operator=(KernelFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

KernelFile::~KernelFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<KernelFile> KernelFile::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(path, errno);
  return KernelFile(descriptor);
}

Result<KernelFile> KernelFile::open_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failure(path, errno);
  return KernelFile(descriptor);
}

Result<KernelFile> KernelFile::open_below(const std::string& name) const {
  const int descriptor = ::openat(descriptor_, name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(name, errno);
  return KernelFile(descriptor);
}

Result<std::string_view> KernelFile::read(std::span<char> buffer) const {
  std::size_t size = 0;
  // /proc/<pid>/net/dev comes in pieces of a page, so one read is not enough.
  while (size < buffer.size()) {
    const ssize_t got =
        ::pread(descriptor_, buffer.data() + size, buffer.size() - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("read", errno);
    if (got == 0) return std::string_view(buffer.data(), size);
    size += static_cast<std::size_t>(got);
  }
  return fail(ErrorCode::Unavailable, "read: the text is longer than {} bytes", buffer.size());
}

}  // namespace longshore::runtime
