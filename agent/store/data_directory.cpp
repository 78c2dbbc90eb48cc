#include "agent/store/data_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <utility>
#include <vector>

namespace longshore::store {
namespace {

constexpr std::size_t kSmall = 64 * 1024;
constexpr std::size_t kAsidesKept = 3;

/// A descriptor that is closed with its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> failed(const char* what, const std::string& path) {
  const int cause = errno;
  const bool refused = cause == EACCES || cause == EPERM || cause == EROFS;
  return fail(refused ? ErrorCode::PermissionDenied : ErrorCode::Unavailable, "{} {}: {}", what,
              path, std::strerror(cause));
}

Status write_all(int fd, const std::string& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(fd) != 0) return failed("sync", path);
  return {};
}

}  // namespace

Status make_directory(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) {
    return fail(ErrorCode::PermissionDenied, "create data directory {}: {}", directory,
                failure.message());
  }
  struct stat info{};
  if (stat(directory.c_str(), &info) == 0 && (info.st_mode & 07777U) == 0700) return {};
  if (chmod(directory.c_str(), 0700) != 0) return failed("close to others", directory);
  return {};
}

Result<DirectoryLock> DirectoryLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EROFS) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed("open", path);
  DirectoryLock lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(
        ErrorCode::Conflict,
        "another agent already uses the data directory {}: stop it first, since one host has "
        "one agent",
        directory);
  }
  return lock;
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock& DirectoryLock::operator=(DirectoryLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

Result<std::optional<std::string>> read_small_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::optional<std::string>{};
    return failed("open", path);
  }
  std::string text(kSmall + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kSmall) return fail(ErrorCode::InvalidInput, "{} is larger than 64 KiB", path);
  text.resize(size);
  return std::optional(std::move(text));
}

Status write_small_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    const Descriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return failed("open", fresh);
    if (auto s = write_all(file.get(), fresh, text); !s) return s;
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return failed("rename", fresh);
  return sync_directory(std::filesystem::path(path).parent_path());
}

Status sync_directory(const std::string& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || fsync(folder.get()) != 0) return failed("sync", directory);
  return {};
}

std::string aside_name(const std::string& path, const char* why) {
  return fmt::format("{}.{}-{}", path, why, std::time(nullptr));
}

void drop_old_asides(const std::string& path, const char* why) {
  const std::filesystem::path whole(path);
  const std::string lead = fmt::format("{}.{}-", whole.filename().string(), why);
  std::vector<std::string> kept;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(whole.parent_path(), failure)) {
    const std::string name = entry.path().filename();
    const bool is_main = !name.ends_with("-wal") && !name.ends_with("-shm");
    if (name.starts_with(lead) && is_main) kept.push_back(entry.path());
  }
  if (kept.size() <= kAsidesKept) return;
  // Seconds since 1970 have the same number of digits for centuries: names sort as times do.
  std::sort(kept.begin(), kept.end());
  kept.resize(kept.size() - kAsidesKept);
  for (const std::string& old : kept) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::remove(old + suffix, failure);
    }
  }
}

}  // namespace longshore::store
