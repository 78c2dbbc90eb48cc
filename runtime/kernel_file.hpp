#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/result.hpp"

namespace longshore::runtime {

/// One open file or directory of the kernel (cgroup, /proc). The text behind such a descriptor is
/// made anew by each read from its beginning, so it is opened once and read as often as needed.
class KernelFile {
 public:
  KernelFile() = default;
  KernelFile(KernelFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  KernelFile& operator=(KernelFile&& other) noexcept;
  KernelFile(const KernelFile&) = delete;
  KernelFile& operator=(const KernelFile&) = delete;
  ~KernelFile();

  /// Errors: NotFound, PermissionDenied, Unavailable (too many open files, anything else).
  static Result<KernelFile> open(const std::string& path);
  static Result<KernelFile> open_directory(const std::string& path);
  /// `name` relative to this directory. Errors: as open(); NotFound also when this is the directory
  /// of a process that has ended, even if its number is in use again.
  [[nodiscard]] Result<KernelFile> open_below(const std::string& name) const;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// The whole text, in `buffer`. Errors: NotFound (its cgroup or process is gone), Unavailable
  /// (does not fit into the buffer, or anything else).
  [[nodiscard]] Result<std::string_view> read(std::span<char> buffer) const;

 private:
  explicit KernelFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace longshore::runtime
