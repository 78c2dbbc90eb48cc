#include "runtime/cgroup/group_kill.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <set>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "runtime/cgroup/group_tree.hpp"
#include "runtime/cgroup/pidfd.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace fs = std::filesystem;

/// Descriptors held at a time.
constexpr std::size_t kBatch = 64;

/// 0, or the errno of what went wrong.
int write_file(const fs::path& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const int failure = ::write(file, text.data(), text.size()) < 0 ? errno : 0;
  ::close(file);
  return failure;
}

Status signal_processes(const fs::path& path) {
  const auto groups = groups_at(path);
  if (!groups) return fail(groups.error());
  for (const fs::path& group : *groups) {
    const auto pids = processes_in(group);
    if (!pids) return fail(pids.error());
    for (std::span<const pid_t> left(*pids); !left.empty();) {
      const auto batch = left.first(std::min(left.size(), kBatch));
      if (auto status = kill_members(group, batch); !status) return status;
      left = left.subspan(batch.size());
    }
  }
  return {};
}

Status signal_group(const fs::path& path) {
  const int failure = write_file(path / "cgroup.kill", "1");
  if (failure == 0) return {};
  if (failure == EACCES || failure == EPERM) return fail(group_error(path, failure));
  // No such file: v1, or a kernel before 5.14. Not supported: a threaded group.
  return signal_processes(path);
}

/// A frozen v1 group keeps even those alive that are being killed. Groups below may be frozen on
/// their own.
void thaw(const fs::path& path) {
  const auto groups = groups_at(path);
  // Too many groups, or unreadable ones: what is frozen there is among those left over.
  if (!groups) return;
  for (const fs::path& group : *groups) (void)write_file(group / "freezer.state", "THAWED");
}

Result<std::size_t> count_processes(const std::vector<fs::path>& paths) {
  std::set<pid_t> found;
  for (const fs::path& path : paths) {
    const auto groups = groups_at(path);
    if (!groups) return fail(groups.error());
    for (const fs::path& group : *groups) {
      const auto pids = processes_in(group);
      if (!pids) return fail(pids.error());
      found.insert(pids->begin(), pids->end());
    }
  }
  return found.size();
}

Status signal_groups(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths) {
    if (auto status = signal_group(path); !status) return status;
  }
  return {};
}

}  // namespace

Status kill_members(const fs::path& group, std::span<const pid_t> pids) {
  std::vector<std::pair<pid_t, Pidfd>> held;
  for (const pid_t pid : pids) {
    auto process = Pidfd::open(pid);
    if (process) {
      held.emplace_back(pid, std::move(*process));
    } else if (process.error().code != ErrorCode::NotFound) {
      return fail(std::move(process).error());
    }
  }
  const auto members = processes_in(group);
  if (!members) return fail(members.error());
  const std::set<pid_t> inside(members->begin(), members->end());
  for (const auto& [pid, process] : held) {
    if (!inside.contains(pid)) continue;
    if (auto sent = process.send(SIGKILL); !sent) {
      return fail(group.string(), std::move(sent).error());
    }
  }
  return {};
}

Result<std::size_t> kill_groups(const std::vector<fs::path>& paths) {
  std::vector<fs::path> present;
  std::error_code unreadable;
  std::copy_if(paths.begin(), paths.end(), std::back_inserter(present),
               [&](const fs::path& path) { return fs::is_directory(path, unreadable); });
  if (present.empty()) {
    return fail(ErrorCode::NotFound, "no group {}", paths.empty() ? "" : paths.front().string());
  }
  const Status signalled = signal_groups(present);
  for (const fs::path& path : present) thaw(path);
  if (!signalled) return fail(signalled.error());
  return count_processes(present);
}

}  // namespace longshore::runtime::cgroup
