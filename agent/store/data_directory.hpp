#pragma once

#include <optional>
#include <string>

#include "agent/base/result.hpp"

namespace longshore::store {

/// Makes the folder if it is missing, and closes it to others (0700).
/// Errors: PermissionDenied with the path.
Status make_directory(const std::string& directory);

/// Holds the lock on a data directory for as long as it lives. Works on a read-only disk, too.
class DirectoryLock {
 public:
  /// Errors: Conflict (another process holds it), PermissionDenied.
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

/// A small file as a whole; nullopt when there is none. Errors: InvalidInput (beyond 64 KiB),
/// Unavailable, PermissionDenied.
Result<std::optional<std::string>> read_small_file(const std::string& path);
/// Writes it so that a crash or a power cut leaves either the old text or the new one: to
/// `<path>.new`, mode 0600, synced, then renamed. Errors: Unavailable (disk full or failing),
/// PermissionDenied (read-only).
Status write_small_file(const std::string& path, const std::string& text);
/// Makes renames in the folder outlive a power cut. Errors: Unavailable.
Status sync_directory(const std::string& directory);

/// Where `path` is kept for people to look at: "<path>.<why>-<seconds since 1970>".
std::string aside_name(const std::string& path, const char* why);
/// Leaves only the last three of what was put aside of `path` for that reason: a disk that damages
/// files again and again shall not fill up with them.
void drop_old_asides(const std::string& path, const char* why);

}  // namespace longshore::store
