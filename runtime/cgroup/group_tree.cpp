#include "runtime/cgroup/group_tree.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace longshore::runtime::cgroup {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxGroups = 10'000;
constexpr std::size_t kMaxProcessBytes = 1U << 20U;
constexpr std::size_t kPieceBytes = 4096;

Status add_groups(const fs::path& group, int depth, std::vector<fs::path>& groups) {
  if (depth > kMaxDepth) {
    return fail(ErrorCode::InvalidInput, "{}: groups deeper than {}", group.string(), kMaxDepth);
  }
  std::error_code error;
  fs::directory_iterator entries(group, error);
  // Groups of ended containers go while we look.
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code unknown;
    if (!entries->is_directory(unknown)) continue;
    if (auto status = add_groups(entries->path(), depth + 1, groups); !status) return status;
  }
  if (error) return fail(group_error(group, error.value()));
  if (groups.size() == kMaxGroups) {
    return fail(ErrorCode::InvalidInput, "{}: more than {} groups", group.string(), kMaxGroups);
  }
  groups.push_back(group);
  return {};
}

/// A group that is gone, was removed while its file was open, or is threaded has no processes.
bool means_no_processes(int error_number) {
  return error_number == ENOENT || error_number == ENODEV || error_number == EOPNOTSUPP;
}

/// A process of another pid namespace reads as 0 and is not ours to name.
std::vector<pid_t> parse_processes(std::string_view text) {
  std::vector<pid_t> pids;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error != std::errc{}) break;
    if (pid > 0) pids.push_back(pid);
    at = next + 1;
  }
  return pids;
}

}  // namespace

Error group_error(const fs::path& path, int error_number) {
  const bool refused = error_number == EACCES || error_number == EPERM || error_number == EROFS;
  return {refused ? ErrorCode::PermissionDenied : ErrorCode::Internal,
          fmt::format("{}: {}", path.string(), std::generic_category().message(error_number))};
}

Result<std::vector<fs::path>> groups_at(const fs::path& path) {
  std::vector<fs::path> groups;
  if (auto status = add_groups(path, 0, groups); !status) return fail(std::move(status).error());
  return groups;
}

Result<std::vector<pid_t>> processes_in(const fs::path& group) {
  const fs::path path = group / "cgroup.procs";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (means_no_processes(errno)) return std::vector<pid_t>{};
    return fail(group_error(path, errno));
  }
  // Most groups have a handful of processes, and a host has thousands of groups.
  std::string text;
  std::array<char, kPieceBytes> piece;
  int failure = 0;
  while (text.size() < kMaxProcessBytes) {
    const ssize_t got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failure = errno;
    if (got <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  ::close(file);
  if (failure != 0 && !means_no_processes(failure)) return fail(group_error(path, failure));
  // Cut off inside a number, the last one would name some other process.
  if (text.size() >= kMaxProcessBytes) text.resize(text.rfind('\n') + 1);
  return parse_processes(text);
}

}  // namespace longshore::runtime::cgroup
